import { describe, expect, it } from 'vitest';
import { type Block, encodeBlock } from '../../../../core/chain/block.ts';
import { type Checked, Intake } from '../../../../core/chain/intake.ts';
import { hashHex, itemIdHex, type Signature } from '../../../../core/crypto/keys.ts';
import { Effects } from '../../../../core/effects.ts';
import { Author } from '../../../model/author.ts';
import { fakeVerify } from '../../../model/fake-curve.ts';

const a = new Author(2);
const nothing = () => false;
const idOf = (block: Block) => hashHex(block.hash);

class Bench {
  readonly effects = new Effects();
  readonly intake = new Intake(this.effects);

  /** @returns the request for its checks, and whether they hold */
  offer(block: Block, link = 1, requested = false) {
    const refused = this.intake.offer(block, link, requested, nothing);
    const [effect] = this.effects.take();
    if (effect === undefined) return { refused, request: undefined, results: [] };
    if (effect.kind !== 'verify') throw new Error('an intake only has checked');
    return { refused, request: effect.request, results: fakeVerify(effect.checks) };
  }

  check(block: Block, link = 1): Checked {
    const { request, results } = this.offer(block, link);
    const checked = request === undefined ? undefined : this.intake.verified(request, results);
    if (checked === undefined) throw new Error('it was checked');
    return checked;
  }
}

describe('a block on its way in', () => {
  it('is checked, its own signature first, then those of its items', () => {
    const bench = new Bench();
    const block = a.block(undefined, [a.key], [a.item(), a.item()]);
    const { request, results } = bench.offer(block, 5, true);
    expect(results).toEqual([true, true, true]);
    expect(bench.intake.heldBytes).toBe(encodeBlock(block).length);
    const checked = bench.intake.verified(request ?? 0, results);
    expect(checked).toMatchObject({ newcomer: { id: idOf(block), link: 5, requested: true }, results });
    expect(bench.intake.heldBytes).toBe(0);
    expect(bench.intake.verified(request ?? 0, results)).toBeUndefined();
  });

  it('has no item checked that was verified before', () => {
    const bench = new Bench();
    const [known, other] = [a.item(), a.item()];
    const block = a.block(undefined, [a.key], [known, other]);
    const knownId = itemIdHex(bench.check(a.block(undefined, [a.key], [known])).newcomer.inspected.ids[0] as never);
    bench.intake.offer(block, 1, false, (id) => itemIdHex(id) === knownId);
    expect(bench.effects.take()).toMatchObject([{ kind: 'verify', checks: { length: 2 } }]);
  });

  it('is refused at once when its hash is not its hash', () => {
    const bench = new Bench();
    const block = a.block(undefined);
    const { refused, request } = bench.offer({ ...block, nextChoices: [] });
    expect([typeof refused, request, bench.intake.heldBytes]).toEqual(['string', undefined, 0]);
  });

  it('is checked once, however many bring it meanwhile, and again after that', () => {
    const bench = new Bench();
    const block = a.block(undefined);
    const { request } = bench.offer(block, 1);
    expect(bench.offer(block, 2).request).toBeUndefined();
    bench.intake.verified(request ?? 0, [true, true]);
    expect(bench.offer(block, 2).request).toBeDefined();
  });

  it('is another one when its body is another, though its hash is the same', () => {
    const bench = new Bench();
    const block = a.block(undefined);
    const forged = { ...block, sign: new Uint8Array(64) as Signature };
    expect(bench.offer(forged).request).toBeDefined();
    expect(bench.offer(block).request).toBeDefined();
  });

  it('is known to be under check for the link that was asked for it', () => {
    const bench = new Bench();
    const { request } = bench.offer(a.block(undefined), 7, true);
    bench.offer(a.block(undefined), 8, false);
    expect([7, 8, 9].map((link) => bench.intake.isChecking(link))).toEqual([true, false, false]);
    bench.intake.verified(request ?? 0, [true, true]);
    expect(bench.intake.isChecking(7)).toBe(false);
  });
});

describe('a block whose parent is not held', () => {
  it('waits for it, once, and is given on when the parent comes', () => {
    const bench = new Bench();
    const [root, next] = a.chain(2) as [Block, Block];
    const sibling = a.block(root);
    const waiting = [next, next, sibling].map((block) => bench.check(block));
    for (const checked of waiting) bench.intake.wait(checked, idOf(root));
    expect(bench.intake.waits(idOf(next))).toBe(true);
    expect(bench.intake.heldBytes).toBe(encodeBlock(next).length + encodeBlock(sibling).length);
    expect(bench.intake.children(idOf(next))).toEqual([]);
    expect(bench.intake.children(idOf(root))).toEqual([waiting[0], waiting[2]]);
    expect([bench.intake.heldBytes, bench.intake.waits(idOf(next)), bench.intake.children(idOf(root))]).toEqual([
      0,
      false,
      [],
    ]);
  });

  it('waits at the cost of those that have waited longest: over 1,024', () => {
    const bench = new Bench();
    const chain = a.chain(1_050);
    for (const block of chain.slice(1)) {
      bench.intake.wait(bench.check(block), hashHex(block.parent as Block['hash']));
    }
    const waiting = chain.map((block) => bench.intake.waits(idOf(block)));
    expect(waiting.indexOf(true)).toBe(26);
    expect(waiting.slice(26).every((waits) => waits)).toBe(true);
  });

  it('keeps no other away: of 96 MiB those under check stay, those that wait give way', () => {
    const item = a.item('', 49 << 20);
    const [one, two] = [1, 2].map(() => a.block(a.block(undefined), [a.key], [item])) as [Block, Block];
    const bench = new Bench();
    const { request } = bench.offer(one, 1, true);
    expect(bench.offer(two).request).toBeUndefined();
    const checked = bench.intake.verified(request ?? 0, [true]);
    if (checked === undefined) throw new Error('it was checked');
    bench.intake.wait(checked, hashHex(one.parent as Block['hash']));
    expect(bench.offer(two).request).toBeDefined();
    expect(bench.intake.waits(idOf(one))).toBe(false);
    expect(bench.intake.heldBytes).toBe(encodeBlock(two).length);
  });
});
