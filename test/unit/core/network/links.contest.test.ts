import { describe, expect, it } from 'vitest';
import { unpackExtension } from '../../../../core/wire/carrier.ts';
import { type Author, authors } from '../../../model/author.ts';
import { type Remote, Stage } from '../../../model/stage.ts';

const [self, b] = authors(2) as [Author, Author];

function pings({ heard }: Remote): unknown[] {
  const items = heard.map((message) => (message.kind === 'requestNeighbours' ? unpackExtension(message.exclude) : 0));
  return items.filter((message) => typeof message === 'object' && message.kind === 'ping');
}

describe('two links to one peer of ours, one dialled by each side', () => {
  it('are both asked for a sign of life when the second has shown its first', () => {
    const stage = new Stage({ self });
    const one = stage.join(b);
    one.keepAlive();
    const other = stage.join(b, {}, { dialled: true });
    expect([one, other].map(pings)).toEqual([[], []]);
    other.keepAlive(stage.now + 1);
    expect([one, other].map(pings)).toEqual([[{ kind: 'ping', nonce: 1n }], [{ kind: 'ping', nonce: 2n }]]);
  });
});
