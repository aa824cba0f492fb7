import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import { type HeldChain, nothingHeld } from '../../../../core/chain/verification.ts';
import type { SignatureCheck } from '../../../../core/crypto/curve.ts';
import type { Signature } from '../../../../core/crypto/keys.ts';
import { importBlocks } from '../../../../core/storage/import.ts';
import { Author } from '../../../model/author.ts';
import { fakeVerify } from '../../../model/fake-curve.ts';

const author = new Author(1);
const chain = author.chain(10);

async function* parts(blocks: readonly Block[], size = 3): AsyncGenerator<readonly Uint8Array[], void> {
  for (let start = 0; start < blocks.length; start += size) yield blocks.slice(start, start + size).map(encodeBlock);
}

function heldOf(blocks: readonly Block[]): HeldChain {
  return { count: blocks.length, root: blocks[0]?.hash, tip: blocks.at(-1) };
}

/** What came of it: heights in the order in which they were kept, calls of the verifier, result or error. */
async function imported(source: AsyncIterable<readonly Uint8Array[]>, held: HeldChain = nothingHeld) {
  const kept: number[][] = [];
  let calls = 0;
  const verify = async (checks: readonly SignatureCheck[]) => {
    calls++;
    return fakeVerify(checks);
  };
  const rules = { authoring: { accepts: () => true }, verifier: { verify } };
  const result = importBlocks(source, held, rules, async (blocks) => {
    await Promise.resolve();
    kept.push(blocks.map(({ height }) => height));
  });
  const settled = await result.then(
    (taken) => ({ taken, error: undefined }),
    (error: unknown) => ({ taken: undefined, error: error as Error & { code?: string } }),
  );
  return { kept, calls, ...settled };
}

describe('importBlocks', () => {
  it('keeps every block of a chain, a part at a time, and asks the verifier once for each', async () => {
    const { kept, calls, taken } = await imported(parts(chain));
    expect(taken).toBe(10);
    expect(kept).toEqual([[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]);
    expect(calls).toBe(4);
  });

  it('keeps only what follows the chain that is held', async () => {
    const { kept, calls, taken } = await imported(parts(chain), heldOf(chain.slice(0, 4)));
    expect([taken, calls, kept]).toEqual([6, 3, [[4, 5], [6, 7, 8], [9]]]);
  });

  it('keeps nothing of a chain that is held already', async () => {
    expect(await imported(parts(chain), heldOf(chain))).toMatchObject({ taken: 0, kept: [], calls: 0 });
    expect(await imported(parts([]))).toMatchObject({ taken: 0, kept: [], calls: 0 });
  });

  it('refuses what holds less than is held', async () => {
    const { kept, error } = await imported(parts(chain.slice(0, 9)), heldOf(chain));
    expect([kept, error?.code]).toEqual([[], 'shorter']);
    expect(error?.message).toBe('There is nothing to import: the file holds 9 blocks, and 10 are here already.');
  });

  it('refuses another chain before it has kept anything', async () => {
    const other = new Author(2).chain(10);
    const branch = [...chain.slice(0, 2), ...new Author(2).chain(8, chain[1])];
    for (const blocks of [other, branch]) {
      const { kept, error } = await imported(parts(blocks), heldOf(chain.slice(0, 5)));
      expect([kept, error?.code]).toEqual([[], 'other-chain']);
    }
  });

  it('keeps what stood before a block that is not valid, and says so', async () => {
    const blocks = chain.map((block, at) => (at === 7 ? { ...block, sign: new Uint8Array(64) as Signature } : block));
    const { kept, error } = await imported(parts(blocks), heldOf(chain.slice(0, 2)));
    expect([kept, error?.code]).toEqual([[[2], [3, 4, 5], [6]], 'bad-block']);
    expect(error?.message).toMatch(/height 7 .* signature does not hold\. What is held now, 7 blocks, is whole\.$/);
    const first = await imported(parts(chain.slice(1)));
    expect([first.kept, first.error?.message]).toEqual([[], expect.stringMatching(/height 0 .*Nothing was taken\.$/)]);
  });

  it('goes on from what was kept when it was interrupted', async () => {
    const source = async function* () {
      yield* parts(chain.slice(0, 6));
      throw new Error('the disk is gone');
    };
    const { kept, error } = await imported(source());
    expect(error?.message).toBe('the disk is gone');
    const again = await imported(parts(chain), heldOf(chain.slice(0, kept.flat().length)));
    expect(again.kept.flat()).toEqual([6, 7, 8, 9]);
  });

  it('waits until a part is kept before it reads the next', async () => {
    const steps: string[] = [];
    const source = async function* () {
      for await (const part of parts(chain.slice(0, 6))) {
        steps.push('read');
        yield part;
      }
    };
    const rules = {
      authoring: { accepts: () => true },
      verifier: { verify: async (checks: readonly SignatureCheck[]) => fakeVerify(checks) },
    };
    await importBlocks(source(), nothingHeld, rules, async () => {
      await setImmediate();
      steps.push('kept');
    });
    expect(steps).toEqual(['read', 'kept', 'read', 'kept']);
  });
});
