import { describe, expect, it } from 'vitest';
import { Doubts } from '../../../../core/chain/doubts.ts';
import { hashHex } from '../../../../core/crypto/keys.ts';
import { type Author, authors, candidateOf } from '../../../model/author.ts';

const [a] = authors(1) as [Author];
const bodies = a.chain(20).map((block) => ({ ...candidateOf(block), verified: [false] }));
const [body, other] = bodies as [(typeof bodies)[0], (typeof bodies)[0]];
const id = hashHex(body.block.hash);

describe('a body in doubt', () => {
  it('is asked of three neighbours, whose answers count once each', () => {
    const doubts = new Doubts();
    expect(doubts.begin(body, 100, [4, 2, 9, 7])).toEqual([4, 2, 9]);
    expect([4, 4, 7].map((link) => doubts.answered(id, link))).toEqual([true, false, false]);
    expect(doubts.answered(hashHex(other.block.hash), 2)).toBe(false);
  });

  it('is answered too by one who was asked for a sibling, once', () => {
    const doubts = new Doubts();
    doubts.begin(other, 100, [1]);
    doubts.begin(body, 100, []);
    expect([1, 1, 2].map((link) => doubts.answered(id, link))).toEqual([true, false, false]);
  });

  it('is in doubt until its grace time is over', () => {
    const doubts = new Doubts();
    doubts.begin(body, 100, []);
    doubts.begin(other, 150, []);
    expect([doubts.deadline, doubts.ids.length, doubts.elapse(99)]).toEqual([100, 2, []]);
    expect([doubts.isHidden(id), doubts.isHidden(hashHex(other.block.hash))]).toEqual([true, true]);
    expect([doubts.elapse(100), doubts.deadline, doubts.ids.length, doubts.body(id)]).toEqual([[body], 150, 1, body]);
    expect([doubts.isHidden(id), doubts.isHidden(hashHex(other.block.hash))]).toEqual([false, true]);
  });

  it('gives way to a better one, and is in doubt no more when all items of that hold', () => {
    const doubts = new Doubts();
    doubts.begin(body, 100, []);
    doubts.better(id, { ...body, bytes: new Uint8Array(3) });
    expect(doubts.body(id)?.bytes).toHaveLength(3);
    doubts.settle(id);
    expect([doubts.body(id), doubts.deadline]).toEqual([undefined, undefined]);
  });

  it('is asked of new neighbours later on, one after the other, and of eight at most', () => {
    const doubts = new Doubts();
    doubts.begin(body, 100, [1]);
    doubts.begin(other, 100, []);
    doubts.elapse(100);
    expect([doubts.ask(1), doubts.ask(2), doubts.ask(2)]).toEqual([undefined, body, undefined]);
    expect(doubts.answered(id, 2)).toBe(true);
    expect(doubts.ask(2)).toBe(other);
    doubts.ended(1);
    expect(doubts.ask(1)).toBe(other);
    const asked = Array.from({ length: 20 }, (_, place) => doubts.ask(10 + place));
    expect(asked.filter((one) => one === body)).toHaveLength(6);
  });

  it('is asked again, three times at most, of one who has not answered and whose chain has grown', () => {
    const doubts = new Doubts();
    doubts.begin(body, 100, [1, 2]);
    const again = (link: number) => {
      doubts.reopen(link);
      return doubts.ask(link);
    };
    expect([doubts.ask(1), again(1), again(1), again(1)]).toEqual([undefined, body, body, undefined]);
    doubts.answered(id, 2);
    expect(again(2)).toBeUndefined();
  });

  it('is waited for until all who were asked have answered or are gone, and 30 s at most', () => {
    const doubts = new Doubts();
    doubts.begin(body, 100, [1, 2]);
    expect(doubts.unanswered(90_000)).toEqual([id]);
    doubts.elapse(90_000);
    doubts.reopen(1);
    expect([doubts.answered(id, 1), doubts.unanswered(90_000), doubts.unanswered(120_000)]).toEqual([true, [id], []]);
    doubts.ended(2);
    expect(doubts.unanswered(90_000)).toEqual([]);
  });

  it('is asked of three at once while its grace time lasts', () => {
    const doubts = new Doubts();
    doubts.begin(body, 100, [1]);
    expect([2, 3, 4].map((link) => doubts.ask(link))).toEqual([body, body, undefined]);
    doubts.answered(id, 3);
    expect(doubts.ask(4)).toBe(body);
    doubts.elapse(100);
    expect(doubts.ask(5)).toBe(body);
  });

  it('gives room to a newer one when its grace time is over', () => {
    const doubts = new Doubts();
    for (const each of bodies.slice(0, 16)) doubts.begin(each, 100, [1]);
    doubts.elapse(100);
    expect(doubts.begin(bodies[16] as typeof body, 200, [7])).toEqual([7]);
    expect(doubts.body(id)).toBeUndefined();
  });

  it('is one of sixteen at most', () => {
    const doubts = new Doubts();
    for (const each of bodies) doubts.begin(each, 100, [1]);
    expect(doubts.ids).toHaveLength(16);
  });
});
