/**
 * How firmly an item of one's own stands, in a few words (spec/safety.md, What a receipt may promise).
 *
 * Says what is so now and no more; of what is pending the reason stands above the items.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { Confirmations, Progress } from '../../../core/face.ts';
import { counted } from '../text.ts';

/** @param progress undefined for an item of somebody else, or one that is followed no more */
export function progressView(progress: Progress | undefined): TemplateResult | typeof nothing {
  if (progress === undefined) return nothing;
  const { words, meaning } = wordsOf(progress);
  return html`<span class="level" part="level" data-level=${progress.level} title=${meaning}>${words}</span>`;
}

/** What a pending item waits for besides, when it has stood in a block already. */
export function waitingWords(progress: Progress | undefined): string {
  return progress?.level === 'pending' && progress.gaveWay !== undefined
    ? `its block ${progress.gaveWay.height} gave way; waiting for another`
    : 'waiting for its block';
}

interface Words {
  readonly words: string;
  readonly meaning: string;
}

function wordsOf(progress: Progress): Words {
  switch (progress.level) {
    case 'pending':
      return { words: 'pending', meaning: 'In no block yet' };
    case 'included':
      return { words: 'in a block', meaning: 'Nobody else has written on top of it yet' };
    case 'confirmed':
      return { words: confirmed(progress), meaning: onTop(progress) };
    case 'acknowledged': {
      const words = `acknowledged ${progress.by} of ${progress.of}`;
      return {
        words: progress.authors === 0 ? words : `${words}, ${confirmed(progress)}`,
        meaning: `So many of the next authors promise to write nothing beside it. ${onTop(progress)}`,
      };
    }
    case 'final':
      return { words: 'final', meaning: 'Settled by the committee' };
  }
}

function confirmed({ authors }: Confirmations): string {
  return `confirmed by ${counted(authors, 'other')}`;
}

function onTop({ depth }: Confirmations): string {
  return `${counted(depth, 'block')} on top`;
}
