/**
 * A public key as people see it: its tartan, its two ends, and whether it is one's own. The whole key is its tooltip.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { PublicKeyHex } from '../../../core/crypto/keys.ts';
import { tartan } from '../tartan.ts';
import { shortHex } from '../text.ts';

export function keyView(key: PublicKeyHex, own: PublicKeyHex): TemplateResult {
  const you = key === own ? html` <mark class="you">you</mark>` : nothing;
  return html`<span class="key" title=${key}>${tartanView(key)}<code>${shortHex(key)}</code>${you}</span>`;
}

/** Set as a property: a site's policy may forbid style attributes. */
export function tartanView(key: PublicKeyHex): TemplateResult {
  return html`<i class="tartan" aria-hidden="true" .style=${`background: ${tartan(key)}`}></i>`;
}
