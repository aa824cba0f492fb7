/**
 * What the element can be asked to show, by name (`?scene=`).
 */
import { capturedMessage } from '../../../../core/chain/health.ts';
import type { HashHex } from '../../../../core/crypto/keys.ts';
import type { Item } from '../../../../core/face.ts';
import { splitMessage } from '../../../../core/reference-split.ts';
import { FakePeer, itemOf, keyOf } from './fake-peer.ts';

export type Scene = (network: string) => FakePeer;

const since = Date.UTC(2026, 10, 21, 13, 2);

export const scenes = {
  /** Nobody here, nothing said. */
  empty: (network) => new FakePeer(network),

  /** Two items shared, and nobody who could write the block. */
  alone: (network) => {
    const peer = new FakePeer(network);
    peer.set({ waitingFor: 'a second peer' });
    peer.wait(itemOf('Is anybody here?', 0), itemOf('I will wait.', 0));
    return peer;
  },

  /** Five others, a conversation, one item on its way. */
  five: (network) => {
    const peer = new FakePeer(network);
    peer.meet(5, since);
    peer.stand(conversation());
    peer.set({ waitingFor: 'the author of the next block', storage: 'persistent' });
    peer.wait(itemOf('And mine comes with the next block.', 0));
    return peer;
  },

  /** The relay is gone and nothing can be kept; the chain is being caught up with. */
  problems: (network) => {
    const peer = new FakePeer(network);
    peer.meet(2, since);
    peer.stand(conversation());
    peer.set({ storage: 'memory', syncing: { held: 1_204, of: 10_000 } });
    peer.trouble(
      {
        code: 'relay-unreachable',
        message: 'The relay at 127.0.0.1:8080 cannot be reached. Links that stand go on; no new peer can be found.',
      },
      {
        code: 'storage-in-memory',
        message:
          'This browser does not let the page store anything: the chain and your key are gone when the tab closes.',
      },
    );
    return peer;
  },

  /** Own items at every level of a receipt, and all that a chain may suffer from. */
  levels: (network) => {
    const peer = new FakePeer(network);
    peer.meet(4, since);
    const own = ['final', 'acknowledged', 'confirmed', 'in a block', 'pending'].map((level) =>
      itemOf(`This one is ${level}.`, 0),
    );
    const [final, acknowledged, confirmed, included, pending] = own as [Item, Item, Item, Item, Item];
    peer.stand([
      [itemOf('Somebody else begins.', 1)],
      [final],
      [acknowledged, itemOf('An item of another, of which nothing is promised.', 2)],
      [confirmed],
      [included],
    ]);
    peer.wait(pending);
    const at = (height: number) => ({ height, block: peer.chain[height]?.hash as HashHex });
    peer.progress.set(final.id, { level: 'final', ...at(1) });
    peer.progress.set(acknowledged.id, { level: 'acknowledged', ...at(2), depth: 2, authors: 2, by: 2, of: 3 });
    peer.progress.set(confirmed.id, { level: 'confirmed', ...at(3), depth: 1, authors: 1 });
    peer.progress.set(included.id, { level: 'included', ...at(4) });
    peer.progress.set(pending.id, { level: 'pending', waitingFor: undefined, gaveWay: undefined });
    peer.trouble(
      { code: 'captured', message: capturedMessage },
      { code: 'reference-split', message: splitMessage([keyOf(4)]) },
    );
    return peer;
  },

  /** Items nobody would write by accident. */
  odd: (network) => {
    const peer = new FakePeer(network);
    peer.meet(3, since);
    const twice = itemOf('Said twice.', 2);
    peer.stand([
      [itemOf('The first.', 1)],
      [itemOf('<img src=x onerror="window.hurt = true"><script>window.hurt = true</script>', 1)],
      [itemOf('I am somebody else, believe me.', 2, { verified: false })],
      [
        itemOf(
          Uint8Array.from({ length: 300 }, (_, index) => (index * 37) % 256),
          3,
        ),
        itemOf(new Uint8Array(), 3),
      ],
      [twice, { ...twice, repeated: true }],
      [itemOf('A long word: '.concat('mccloud'.repeat(60)), 1)],
      [itemOf(Array.from({ length: 400 }, (_, line) => `Line ${line + 1} of a very long text.`).join('\n'), 1)],
      [
        itemOf(
          '\u202eright to left\u202c and up: '.concat('Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306'.repeat(40)),
          2,
        ),
      ],
      Array.from({ length: 250 }, (_, index) => itemOf(`Item ${index + 1} of many.`, index % 4)),
    ]);
    return peer;
  },

  /** Ten thousand blocks. */
  many: (network) => {
    const peer = new FakePeer(network);
    peer.meet(4, since);
    peer.stand(Array.from({ length: 10_000 }, (_, height) => [itemOf(`The item of block ${height}.`, height % 5)]));
    return peer;
  },
} satisfies Record<string, Scene>;

function conversation() {
  return [
    [itemOf('We begin.', 1)],
    [itemOf('Who else is here?', 2)],
    [itemOf('I am. The relay may go now, for all I care.', 3), itemOf('So am I.', 5)],
    [itemOf('Then let us see whether this tab remembers the chain when it is opened again.', 0)],
    [itemOf('It does.', 0)],
    [
      itemOf('name: aisling', 4),
      itemOf('name: aisling', 2),
      itemOf('One of these two is too late, and is told so.', 3),
    ],
    [itemOf('Block seven, written by a tab in the background.', 5)],
  ];
}
