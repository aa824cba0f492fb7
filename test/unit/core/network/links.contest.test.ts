import { describe, expect, it } from 'vitest';
import { type Author, authors } from '../../../model/author.ts';
import { extensions } from '../../../model/extensions.ts';
import { Stage } from '../../../model/stage.ts';

const [self, b] = authors(2) as [Author, Author];

describe('two links to one peer of ours, one dialled by each side', () => {
  it('are both asked for a sign of life when the second has shown its first', () => {
    const stage = new Stage({ self });
    const one = stage.join(b);
    one.keepAlive();
    const other = stage.join(b, {}, { dialled: true });
    const pings = () => [one, other].map((remote) => extensions(remote, 'ping').map(({ nonce }) => nonce));
    expect(pings()).toEqual([[], []]);
    other.keepAlive(stage.now + 1);
    expect(pings()).toEqual([[1n], [2n]]);
  });
});
