import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import type { Peer } from '../../../../core/host.ts';
import { answersTo } from '../../../../relay/control/answers.ts';
import type { Answer, Request } from '../../../../relay/control/messages.ts';
import { Author } from '../../../model/author.ts';
import { House, storeWith } from '../../../model/house.ts';

const never = new AbortController().signal;

async function answers(peer: Peer, request: Request, gone = never): Promise<Answer[]> {
  const told: Answer[] = [];
  for await (const answer of answersTo(peer, request, gone)) told.push(answer);
  return told;
}

/** Collects while the test goes on. */
function collecting(peer: Peer, request: Request) {
  const leaving = new AbortController();
  const told: Answer[] = [];
  const ended = (async () => {
    for await (const answer of answersTo(peer, request, leaving.signal)) told.push(answer);
  })();
  ended.catch(() => undefined);
  return { told, ended, leave: () => leaving.abort() };
}

const heights = (told: readonly Answer[]) => told.map((answer) => answer.kind === 'block' && answer.block.height);

describe('status', () => {
  it('tells of the peer and its links', async () => {
    const [a, b] = await new House().pair();
    b.peer.share(utf8Bytes('x'));
    expect(await answers(b.peer, { kind: 'status' })).toEqual([
      {
        kind: 'status',
        report: {
          publicKey: b.peer.publicKey,
          network: 'test',
          listen: undefined,
          process: process.pid,
          height: 0,
          root: undefined,
          tip: undefined,
          storage: 'memory',
          syncing: undefined,
          waitingFor: b.peer.status.waitingFor,
          problems: [],
          known: 1,
          connected: [{ publicKey: a.peer.publicKey, address: 'room:a', carrier: 'memory', dialled: true, ours: true }],
          pending: 1,
        },
      },
    ]);
  });
});

describe('share', () => {
  it('gives the id of the item, and does not wait', async () => {
    const [, b] = await new House().pair();
    const told = await answers(b.peer, { kind: 'share', data: utf8Bytes('x'), wait: false });
    expect(told).toEqual([{ kind: 'shared', id: [...b.peer.pending.keys()][0] }]);
  });

  it('waits for the block when it is asked to, and says what is waited for', async () => {
    const house = new House();
    const a = await house.open('a', new Author(1));
    const { told, ended } = collecting(a.peer, { kind: 'share', data: utf8Bytes('x'), wait: true });
    await house.pass(2_000);
    expect(told.slice(1)).toEqual([{ kind: 'waiting', waitingFor: 'a second peer' }]);
    const b = await house.open('b', new Author(2));
    b.peer.connect('room:a');
    await house.pass(20_000, () => told.at(-1)?.kind === 'included');
    await ended;
    expect(told.at(-1)).toEqual({ kind: 'included', height: 0, block: a.peer.status.tip });
  });

  it('stops waiting when nobody waits any more, or when the peer closes', async () => {
    const house = new House();
    const { peer } = await house.open('a', new Author(1));
    const left = collecting(peer, { kind: 'share', data: utf8Bytes('x'), wait: true });
    const stays = collecting(peer, { kind: 'share', data: utf8Bytes('y'), wait: true });
    await house.pass(1_000);
    left.leave();
    await left.ended;
    expect(left.told.some(({ kind }) => kind === 'included')).toBe(false);
    await peer.close();
    await expect(stays.ended).rejects.toMatchObject({ name: 'PeerError', code: 'closed' });
  });

  it('refuses what the peer refuses', async () => {
    const { peer } = await new House().open('a', new Author(1));
    const request = { kind: 'share', data: new Uint8Array(512 * 1024 + 1), wait: true } as const;
    await expect(answers(peer, request)).rejects.toMatchObject({ name: 'PeerError', code: 'too-large' });
  });
});

describe('blocks', () => {
  it('gives those that are held, from a height on', async () => {
    const { peer } = await new House().open('a', new Author(1), await storeWith(300));
    expect(heights(await answers(peer, { kind: 'blocks', from: 0, follow: false }))).toEqual([...Array(300).keys()]);
    expect(heights(await answers(peer, { kind: 'blocks', from: 298, follow: false }))).toEqual([298, 299]);
    expect(await answers(peer, { kind: 'blocks', from: 300, follow: false })).toEqual([]);
    expect(await answers(peer, { kind: 'blocks', from: 9_999, follow: false })).toEqual([]);
  });

  it('goes on with new ones, each once, until nobody listens', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    a.peer.share(utf8Bytes('one'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    const follower = collecting(b.peer, { kind: 'blocks', from: 0, follow: true });
    for (const height of [2, 3]) {
      a.peer.share(utf8Bytes(`item ${height}`));
      await house.pass(10_000, () => b.peer.status.height === height);
    }
    await vi.waitFor(() => expect(heights(follower.told)).toEqual([0, 1, 2]));
    follower.leave();
    await follower.ended;
  });

  it('that come while the held ones are read are neither left out nor told twice', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    a.peer.share(utf8Bytes('one'));
    await house.pass(10_000, () => b.peer.status.height === 1);
    const leaving = new AbortController();
    const told: Answer[] = [];
    const reading = answersTo(b.peer, { kind: 'blocks', from: 0, follow: true }, leaving.signal);
    for (let height = 1; height <= 4; height++) {
      const { value } = await reading.next();
      if (value) told.push(value);
      a.peer.share(utf8Bytes(`item ${height}`));
      await house.pass(10_000, () => b.peer.status.height === height + 1);
    }
    expect(heights(told)).toEqual([0, 1, 2, 3]);
    leaving.abort();
    expect((await reading.next()).done).toBe(true);
  });

  it('from a height that is not reached yet begin there', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    const follower = collecting(b.peer, { kind: 'blocks', from: 1, follow: true });
    for (const height of [1, 2]) {
      a.peer.share(utf8Bytes(`item ${height}`));
      await house.pass(10_000, () => b.peer.status.height === height);
    }
    await vi.waitFor(() => expect(heights(follower.told)).toEqual([1]));
    follower.leave();
    await follower.ended;
  });

  it('end with the peer', async () => {
    const { peer } = await new House().open('a', new Author(1));
    const follower = collecting(peer, { kind: 'blocks', from: 0, follow: true });
    await setImmediate();
    await peer.close();
    await follower.ended;
  });
});
