/**
 * A reorganisation as it happens: the blocks that gave way, untied and fading, and a line that says so.
 *
 * What they held is not shown again here beyond its beginning: it stands in the better branch, or waits.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { BlockView } from '../../../core/face.ts';
import type { GivenWay } from '../given-way.ts';
import { clip, count, counted, gaveWay, readingOf, shortHex, size } from '../text.ts';

export function givenWayView({ count: left, blocks }: GivenWay): TemplateResult | typeof nothing {
  if (left === 0) return nothing;
  return html`
    <div class="given-way" part="given-way" role="group" aria-labelledby="given-way-title">
      <p class="reason">
        <strong id="given-way-title">${gaveWay(left)}</strong>
        What only ${left === 1 ? 'it' : 'they'} held waits for its block again.
      </p>
      <ol class="gone" role="list">
        ${repeat(blocks, ({ hash }) => hash, goneView)}
      </ol>
      ${left > blocks.length && blocks.length > 0 ? html`<p class="note end">and ${counted(left - blocks.length, 'block')} before</p>` : nothing}
    </div>
  `;
}

const itemsShown = 3;
const unitsShown = 80;

function goneView({ hash, height, items }: BlockView): TemplateResult {
  const shown = items.slice(0, itemsShown).map(({ data }) => beginningOf(data));
  return html`
    <li class="block" part="gone-block" data-hash=${hash} data-height=${height}>
      <i class="knot" aria-hidden="true"></i>
      <h3 class="height"><span class="unseen">Block </span>${count(height)}</h3>
      <div class="content">
        <p class="written"><code title=${hash}>${shortHex(hash)}</code></p>
        ${shown.map((text) => html`<p class="data"><bdi>${text}</bdi></p>`)}
      </div>
    </li>
  `;
}

function beginningOf(data: Uint8Array): string {
  const reading = readingOf(data);
  if (reading.kind !== 'text') return size(data.length);
  return clip(reading.text, unitsShown, 1);
}
