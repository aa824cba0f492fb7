/**
 * What stands where the peer will be, or would be: that it is opening, or why there is none.
 */
import { html, type TemplateResult } from 'lit';

export function openingView(network: string): TemplateResult {
  return html`<div class="sheet"><p class="opening" role="status">Opening the peer of the network ${network} …</p></div>`;
}

export function faultView(message: string): TemplateResult {
  return html`<div class="sheet"><p class="problem" part="problem" role="alert">${message}</p></div>`;
}
