import { describe, expect, it } from 'vitest';
import { type Data, itemIdOf } from '../../../../core/chain/data.ts';
import { type ItemIdHex, itemIdHex } from '../../../../core/crypto/keys.ts';
import { digestEveryMs, settledMs, shortId } from '../../../../core/network/pool-digests.ts';
import { extensionSaying } from '../../../../core/wire/carrier.ts';
import { mostDigested } from '../../../../core/wire/holdings.ts';
import { wireVersion } from '../../../../core/wire/messages.ts';
import { type Author, authors } from '../../../model/author.ts';
import { extensions } from '../../../model/extensions.ts';
import { type Remote, Stage } from '../../../model/stage.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };
const salt = new Uint8Array(16).fill(9);

/** A peer alone, for which these items wait. */
function holding(items: readonly Data[]): Stage {
  const stage = new Stage({ self });
  for (const data of items) stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
  return stage;
}

const items = (count: number, bytes = 0) =>
  Array.from({ length: count }, (_, place) =>
    bytes === 0 ? self.item(`item ${place}`) : self.item(`item ${place} ${'.'.repeat(bytes)}`),
  );
const idsOf = (data: readonly Data[]) => data.map((each) => itemIdHex(itemIdOf(each)));
const got = (remote: Remote): ItemIdHex[] => idsOf(remote.of('shareData').map(({ data }) => data));
const digests = (remote: Remote) => extensions(remote, 'poolDigest');

function ask(remote: Remote, ids: readonly bigint[]): void {
  remote.say(extensionSaying({ kind: 'itemsWanted', ids }));
}

/** Time passes with a neighbour that lives and writes no block. */
function live(stage: Stage, remote: Remote, milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    remote.keepAlive();
    stage.pass(500);
  }
}

describe('a new neighbour of ours', () => {
  it('is sent the items when they are few and small', () => {
    const pending = items(16);
    const remote = holding(pending).join(b);
    expect([got(remote), digests(remote)]).toEqual([idsOf(pending), []]);
  });

  it.each([
    ['many', items(17)],
    ['large', items(3, 4_000)],
  ])('is told of items by short ids when they are %s, and sent those that it asks for', (_, pending) => {
    const remote = holding(pending).join(b);
    const [digest, ...more] = digests(remote);
    expect([got(remote), more]).toEqual([[], []]);
    const named = pending.map((data) => shortId(digest?.salt as Uint8Array, itemIdOf(data)));
    expect(digest?.ids).toEqual(named);
    ask(remote, [named[2] as bigint, named[0] as bigint, 1n]);
    expect(got(remote)).toEqual(idsOf([pending[0], pending[2]] as Data[]));
  });

  it('is answered once for each digest', () => {
    const remote = holding(items(20)).join(b);
    const ids = digests(remote)[0]?.ids ?? [];
    ask(remote, ids.slice(0, 1));
    ask(remote, ids);
    expect(got(remote)).toHaveLength(1);
  });

  it('is told of no more than 1,024 items, the oldest', () => {
    const pending = items(mostDigested + 10);
    const remote = holding(pending).join(b);
    const [digest] = digests(remote);
    expect(digest?.ids).toHaveLength(mostDigested);
    expect(digest?.ids[0]).toBe(shortId(digest?.salt as Uint8Array, itemIdOf(pending[0] as Data)));
  });

  it('is sent what it wants as its link drains', () => {
    const pending = items(100, 4_000);
    const stage = holding(pending);
    const remote = stage.join(b);
    remote.drains = false;
    ask(remote, digests(remote)[0]?.ids ?? []);
    expect(got(remote).length).toBeLessThan(80);
    remote.drains = true;
    remote.drain(1_000_000);
    for (let events = 0; events < 20; events++) remote.keepAlive(stage.now + events);
    expect(got(remote).sort()).toEqual(idsOf(pending).sort());
  });

  it('hears of nothing when nothing waits', () => {
    const stage = holding([]);
    const remote = stage.join(b);
    live(stage, remote, 2 * digestEveryMs);
    expect([got(remote), digests(remote)]).toEqual([[], []]);
  });
});

describe('a neighbour of ours that may lack something', () => {
  it('is told every 10 s of what has waited for 5 s, under another salt each time', () => {
    const stage = new Stage({ self });
    const remote = stage.join(b);
    // Nobody writes: the peer that is to does not.
    stage.handle({ kind: 'commanded', command: { kind: 'compose', wanted: true } });
    stage.answers.compose = false;
    const data = self.item();
    live(stage, remote, 8_000);
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    live(stage, remote, settledMs - 500);
    expect(digests(remote)).toEqual([]);
    live(stage, remote, 1_000);
    expect(digests(remote)).toHaveLength(1);
    live(stage, remote, digestEveryMs);
    const [one, two] = digests(remote);
    expect([one?.ids, two?.ids]).toEqual(
      [one, two].map((digest) => [shortId(digest?.salt as Uint8Array, itemIdOf(data))]),
    );
    expect(one?.salt).not.toEqual(two?.salt);
  });

  it('is told nothing when it is a reference peer', () => {
    const stage = holding(items(20));
    const remote = stage.join(b, reference);
    live(stage, remote, 2 * digestEveryMs);
    expect([got(remote).length, digests(remote)]).toEqual([20, []]);
  });
});

describe('what a neighbour says it holds', () => {
  const pending = items(3);
  const ids = pending.map((data) => shortId(salt, itemIdOf(data)));
  const wanted = (remote: Remote) => extensions(remote, 'itemsWanted').map((message) => message.ids);

  it('is asked for where it is lacking', () => {
    const remote = holding(pending.slice(1)).join(b);
    remote.say(extensionSaying({ kind: 'poolDigest', salt, ids }));
    expect(wanted(remote)).toEqual([[ids[0]]]);
  });

  it('is not asked for when all of it is held', () => {
    const remote = holding(pending).join(b);
    remote.say(extensionSaying({ kind: 'poolDigest', salt, ids }));
    expect(wanted(remote)).toEqual([]);
  });

  it('is looked at every 3 s at most', () => {
    const stage = holding([]);
    const remote = stage.join(c);
    for (let times = 0; times < 5; times++) remote.say(extensionSaying({ kind: 'poolDigest', salt, ids }));
    expect(wanted(remote)).toEqual([ids]);
    stage.pass(3_000);
    remote.say(extensionSaying({ kind: 'poolDigest', salt, ids }));
    expect(wanted(remote)).toEqual([ids, ids]);
  });
});

describe('what is asked for without a digest of ours', () => {
  it('is not sent', () => {
    const pending = items(3);
    const remote = holding(pending).join(b);
    remote.heard.length = 0;
    ask(
      remote,
      pending.map((data) => shortId(salt, itemIdOf(data))),
    );
    expect(got(remote)).toEqual([]);
  });
});
