/**
 * One item: its bytes as text or as bytes, never as markup, and whose word it is.
 *
 * An item whose signature does not hold is shown, because it stands in the block, but as nobody's word (spec/safety.md,
 * Blocks 4). Long data are folded.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { PublicKeyHex } from '../../../core/crypto/keys.ts';
import type { Item, Progress } from '../../../core/face.ts';
import { clip, type Reading, readingOf, size, spacedHex } from '../text.ts';
import type { Unfolding } from '../unfolding.ts';
import { keyView } from './key.ts';
import { progressView } from './progress.ts';

/** @param thing names the item among all that can be unfolded */
export function dataView({ data }: Item, thing: string, unfolding: Unfolding): TemplateResult {
  const reading = readingCache(data);
  if (reading.kind === 'empty') return html`<p class="data note">no bytes</p>`;
  const steps = unfolding.steps(thing);
  const { shown, whole } = reading.kind === 'text' ? textShown(reading.text, steps) : hexShown(reading.bytes, steps);
  const label = reading.kind === 'bytes' ? html`<span class="note">${size(data.length)}, not text</span>` : nothing;
  const more = whole ? nothing : moreView(data.length, () => unfolding.open(thing));
  return html`<div class="data">${
    reading.kind === 'text' ? html`<bdi class="text">${shown}</bdi>` : html`<code class="hex">${shown}</code>`
  }${label}${more}</div>`;
}

/** @param progress of an item of one's own, while it is followed */
export function authorView(
  { author, verified, repeated }: Item,
  own: PublicKeyHex,
  progress: Progress | undefined,
): TemplateResult {
  const again = repeated
    ? html`<span class="tag" title="The same item stands earlier in this block">repeated</span>`
    : nothing;
  if (!verified) {
    return html`<p class="author">
      <strong class="tag wrong">not verified</strong>
      <span class="note">the signature is not that of</span> ${keyView(author, own)}${again}
    </p>`;
  }
  return html`<p class="author">${keyView(author, own)}<span class="verified">verified</span>${again}${progressView(progress)}</p>`;
}

/** Units and lines of a text, and bytes of other data, shown at first and added by each step. */
const folded = { units: 600, lines: 12, bytes: 64 };
const step = { units: 20_000, lines: 400, bytes: 4_096 };

/** Reading half a megabyte at every drawing would be felt. */
const readings = new WeakMap<Uint8Array, Reading>();

function readingCache(data: Uint8Array): Reading {
  const known = readings.get(data);
  if (known !== undefined) return known;
  const reading = readingOf(data);
  readings.set(data, reading);
  return reading;
}

interface Shown {
  readonly shown: string;
  readonly whole: boolean;
}

function textShown(text: string, steps: number): Shown {
  const shown = clip(text, folded.units + steps * step.units, folded.lines + steps * step.lines);
  return { shown, whole: shown.length === text.length };
}

function hexShown(bytes: Uint8Array, steps: number): Shown {
  const part = bytes.subarray(0, folded.bytes + steps * step.bytes);
  return { shown: spacedHex(part), whole: part.length === bytes.length };
}

function moreView(bytes: number, open: () => void): TemplateResult {
  return html` <button class="quiet" type="button" @click=${open}>… Show more of ${size(bytes)}</button>`;
}
