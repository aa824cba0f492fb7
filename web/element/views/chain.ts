/**
 * The blocks on the screen, newest first, tied to one rail; with the ways back to older ones and forward again.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { PublicKeyHex } from '../../../core/crypto/keys.ts';
import type { BlockView, PeerFace } from '../../../core/face.ts';
import type { ChainWindow } from '../chain-window.ts';
import { count, counted, shortHex } from '../text.ts';
import type { Unfolding } from '../unfolding.ts';
import { authorView, dataView } from './item.ts';
import { keyView } from './key.ts';

export interface ChainFacts {
  /** Number of blocks held. */
  readonly height: number;
  readonly own: PublicKeyHex;
  /** Whether nobody else is known. */
  readonly alone: boolean;
  readonly progressOf: PeerFace['progressOf'];
}

export function chainView(chain: ChainWindow, facts: ChainFacts, unfolding: Unfolding): TemplateResult {
  const { height, alone } = facts;
  const { blocks, fault } = chain;
  if (height === 0) return html`<p class="note">${alone ? `${empty} ${inviting}` : empty}</p>`;
  return html`
    ${newestView(chain)}
    <ol class="blocks" role="list">
      ${repeat(
        [...blocks].reverse(),
        ({ hash }) => hash,
        (block) => blockView(block, facts, unfolding),
      )}
    </ol>
    ${fault === undefined ? nothing : html`<p class="problem" role="status">${fault}</p>`} ${olderView(chain)}
  `;
}

const empty = 'There is no block yet: the first item that is shared among two peers begins the chain.';
const inviting = 'Open this page in a second tab, or send somebody its address.';

/** Items of a block shown at first, and added by each step. */
const firstShown = 12;
const stepShown = 100;

function blockView(block: BlockView, { own, progressOf }: ChainFacts, unfolding: Unfolding): TemplateResult {
  const { height, hash, author, items } = block;
  const shown = items.slice(0, firstShown + unfolding.steps(hash) * stepShown);
  const hidden = items.length - shown.length;
  return html`
    <li class="block" part="block" data-hash=${hash} data-height=${height} data-author=${author}>
      <i class="knot" aria-hidden="true"></i>
      <h3 class="height"><span class="unseen">Block </span>${count(height)}</h3>
      <div class="content">
        <p class="written"><code title=${hash}>${shortHex(hash)}</code> <span class="note">written by</span> ${keyView(author, own)}</p>
        <ol class="items" role="list">
          ${shown.map(
            (item, index) => html`
              <li
                class=${item.verified ? 'item' : 'item unverified'}
                part="block-item"
                data-id=${item.id}
                data-author=${item.author}
                data-verified=${String(item.verified)}
              >
                ${dataView(item, `${hash} ${index}`, unfolding)}
                ${authorView(item, own, item.repeated ? undefined : progressOf(item.id))}
              </li>
            `,
          )}
        </ol>
        ${items.length === 0 ? html`<p class="note">no items</p>` : nothing}
        ${
          hidden === 0
            ? nothing
            : html`<button class="quiet" type="button" @click=${() => unfolding.open(hash)}>Show more of ${counted(hidden, 'further item')}</button>`
        }
      </div>
    </li>
  `;
}

function newestView(chain: ChainWindow): TemplateResult | typeof nothing {
  if (chain.newer === 0) return nothing;
  return html`<button class="wide" type="button" part="newest" @click=${() => chain.showNewest()}>
    Back to the newest, ${counted(chain.newer, 'block')} ahead
  </button>`;
}

function olderView(chain: ChainWindow): TemplateResult {
  const { older, reading, isBehind, blocks } = chain;
  if (isBehind && blocks.length === 0) {
    return html`<p class="note end">The newest blocks stand here when the chain has been read.</p>`;
  }
  if (older === undefined) return html`<p class="note end">The chain begins here.</p>`;
  const label = reading ? 'Reading older blocks …' : `Show ${counted(older.to - older.from, 'older block')}`;
  return html`<button
    class="wide"
    type="button"
    part="older"
    aria-disabled=${String(reading)}
    @click=${() => void chain.showOlder()}
  >
    ${label}
  </button>`;
}
