/**
 * Items that wait for their block, shown the moment they are shared, above the chain they will be tied to.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ItemIdHex, PublicKeyHex } from '../../../core/crypto/keys.ts';
import type { Item, PeerFace, WaitingFor } from '../../../core/face.ts';
import { counted } from '../text.ts';
import type { Unfolding } from '../unfolding.ts';
import { authorView, dataView } from './item.ts';
import { waitingWords } from './progress.ts';

export interface PendingFacts {
  readonly pending: ReadonlyMap<ItemIdHex, Item>;
  readonly waitingFor: WaitingFor | undefined;
  readonly own: PublicKeyHex;
  readonly progressOf: PeerFace['progressOf'];
}

export function pendingView(
  { pending, waitingFor, own, progressOf }: PendingFacts,
  unfolding: Unfolding,
): TemplateResult | typeof nothing {
  if (pending.size === 0) return nothing;
  const shown = [...pending.values()].slice(-(firstShown + unfolding.steps(thing) * stepShown)).reverse();
  const hidden = pending.size - shown.length;
  return html`
    <div class="pending" aria-labelledby="pending-title" role="group">
      <p class="reason">
        <strong id="pending-title">${counted(pending.size, 'item')} waiting for ${pending.size === 1 ? 'its' : 'their'} block.</strong>
        ${waitingFor === undefined ? nothing : reasons[waitingFor]}
      </p>
      <ol class="items" role="list">
        ${repeat(
          shown,
          ({ id }) => id,
          (item) => html`
            <li class="item" part="pending-item" data-id=${item.id} data-author=${item.author}>
              <i class="knot" aria-hidden="true"></i>
              ${dataView(item, item.id, unfolding)} ${authorView(item, own, progressOf(item.id))}
              <p class="note">${waitingWords(progressOf(item.id))}</p>
            </li>
          `,
        )}
      </ol>
      ${
        hidden === 0
          ? nothing
          : html`<button class="quiet" type="button" @click=${() => unfolding.open(thing)}>Show more of ${counted(hidden, 'older item')}</button>`
      }
    </div>
  `;
}

const thing = 'pending';
const firstShown = 10;
const stepShown = 50;

const reasons: Readonly<Record<WaitingFor, string>> = {
  'a second peer':
    'Nobody else is here, and a peer alone writes no block. What is shared is kept until a second one comes.',
  'the chain of a neighbour': 'The chain of a neighbour is being read first.',
  'the author of the next block': 'The peer that may write the next block has not done so yet.',
  'more of the authors': 'Too few of those who wrote the newest blocks are online.',
};
