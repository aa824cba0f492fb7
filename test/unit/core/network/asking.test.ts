import { expect, it } from 'vitest';
import type { Hash } from '../../../../core/crypto/keys.ts';
import { Effects } from '../../../../core/effects.ts';
import { askForBlocks } from '../../../../core/network/asking.ts';
import { Links } from '../../../../core/network/links.ts';
import type { GreetedLink } from '../../../../core/network/open-link.ts';
import { extensionSaying } from '../../../../core/wire/carrier.ts';
import type { Saying } from '../../../../core/wire/saying.ts';
import { Author } from '../../../model/author.ts';
import { fakeCurve } from '../../../model/fake-curve.ts';
import { Seeded } from '../../../model/seeded.ts';

const { secret, key: publicKey } = new Author(1);
const hash = new Uint8Array(32).fill(7) as Hash;

/** Links of which the first is open. */
class Listened extends Links {
  readonly said: Saying[] = [];

  override greetedLink(id: number): GreetedLink | undefined {
    return id === 1 ? ({ id } as GreetedLink) : undefined;
  }

  override send(_link: GreetedLink, saying: Saying): void {
    this.said.push(saying);
  }
}

it('a question for blocks is said by a start or by a locator, and to nobody whose link has ended', () => {
  const identity = { curve: fakeCurve, random: new Seeded(1).random, secret, publicKey, network: 'main' };
  const links = new Listened({ accepts: ['cbc'], ...identity }, { maxLinks: 8, count: 0 }, new Effects());
  for (const link of [1, 2]) {
    askForBlocks(links, { link, start: hash });
    askForBlocks(links, { link, start: undefined });
    askForBlocks(links, { link, range: 3, locator: [hash] });
  }
  expect(links.said).toEqual([
    { kind: 'requestBlocks', start: hash },
    { kind: 'requestBlocks', start: undefined },
    extensionSaying({ kind: 'blocksWanted', request: 3, locator: [hash] }),
  ]);
});
