import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Opening, type OpeningState } from '../../../../web/element/opening.ts';
import { type ReadAttributes, readAttributes } from '../../../../web/element/settings.ts';
import { FakePeer } from '../../../browser/element/stage/fake-peer.ts';

const script = 'https://relay.example/mccloud.js';
const main = readAttributes({ network: 'main' }, script);
const other = readAttributes({ network: 'other' }, script);
const wrong = readAttributes({ network: 'WRONG' }, script);

/** Opens when the test says so. */
class Opener {
  readonly asked: { readonly network: string; answer(peer: FakePeer): void; refuse(error: Error): void }[] = [];
  readonly states: OpeningState['kind'][] = [];
  readonly opening = new Opening(
    ({ network }) =>
      new Promise((answer, refuse) => {
        this.asked.push({ network, answer, refuse });
      }),
    ({ kind }) => this.states.push(kind),
  );

  async opened(wanted: ReadAttributes): Promise<FakePeer> {
    const before = this.asked.length;
    this.opening.want(wanted);
    await vi.advanceTimersByTimeAsync(0);
    const peer = new FakePeer('main');
    this.asked[before]?.answer(peer);
    await vi.advanceTimersByTimeAsync(0);
    return peer;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the opening of a peer', () => {
  it('opens what is wanted, once however often it is said', async () => {
    const opener = new Opener();
    const peer = await opener.opened(main);
    opener.opening.want(readAttributes({ network: 'main', relay: 'https://relay.example' }, script));
    await vi.advanceTimersByTimeAsync(0);
    expect(opener.opening.state).toMatchObject({ kind: 'open', peer });
    expect(opener.asked).toHaveLength(1);
    expect(opener.states).toEqual(['opening', 'open']);
  });

  it('closes the peer when none is wanted', async () => {
    const opener = new Opener();
    const peer = await opener.opened(main);
    opener.opening.want(undefined);
    opener.opening.want(undefined);
    expect(peer.closings).toBe(1);
    expect(opener.states).toEqual(['opening', 'open', 'absent']);
  });

  it('closes the one and opens the other when the settings change', async () => {
    const opener = new Opener();
    const peer = await opener.opened(main);
    const next = await opener.opened(other);
    expect(peer.closings).toBe(1);
    expect(opener.opening.state).toMatchObject({ kind: 'open', peer: next });
    expect(opener.asked.map(({ network }) => network)).toEqual(['main', 'other']);
  });

  it('waits for the peer before it, which may hold the same slot, but not for ever', async () => {
    const opener = new Opener();
    const peer = await opener.opened(main);
    vi.spyOn(peer, 'close').mockReturnValue(new Promise(() => undefined));
    opener.opening.want(other);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(opener.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(opener.asked).toHaveLength(2);
  });

  it('goes on after a peer that would not close', async () => {
    const opener = new Opener();
    const peer = await opener.opened(main);
    vi.spyOn(peer, 'close').mockRejectedValue(new Error('stuck'));
    await opener.opened(other);
    expect(opener.opening.state.kind).toBe('open');
  });

  it('closes a peer that opens after it is no longer wanted', async () => {
    const opener = new Opener();
    opener.opening.want(main);
    await vi.advanceTimersByTimeAsync(0);
    opener.opening.want(undefined);
    const late = new FakePeer('main');
    opener.asked[0]?.answer(late);
    await vi.advanceTimersByTimeAsync(0);
    expect(late.closings).toBe(1);
    expect(opener.opening.state.kind).toBe('absent');
  });

  it('closes the late one before it opens the next', async () => {
    const opener = new Opener();
    opener.opening.want(main);
    await vi.advanceTimersByTimeAsync(0);
    opener.opening.want(other);
    await vi.advanceTimersByTimeAsync(10);
    expect(opener.asked).toHaveLength(1);
    const late = new FakePeer('main');
    opener.asked[0]?.answer(late);
    await vi.advanceTimersByTimeAsync(0);
    expect(late.closings).toBe(1);
    expect(opener.asked.map(({ network }) => network)).toEqual(['main', 'other']);
  });

  it('asks nobody for what was wanted only between two changes', async () => {
    const opener = new Opener();
    opener.opening.want(main);
    opener.opening.want(other);
    await vi.advanceTimersByTimeAsync(0);
    expect(opener.asked.map(({ network }) => network)).toEqual(['other']);
  });

  it('says why it could not open, and tries again when it is taken away and wanted again', async () => {
    const opener = new Opener();
    opener.opening.want(main);
    await vi.advanceTimersByTimeAsync(0);
    const error = new Error('no');
    opener.asked[0]?.refuse(error);
    await vi.advanceTimersByTimeAsync(0);
    expect(opener.opening.state).toMatchObject({ kind: 'failed', error });
    opener.opening.want(main);
    await vi.advanceTimersByTimeAsync(0);
    expect(opener.asked).toHaveLength(1);
    opener.opening.want(undefined);
    await opener.opened(main);
    expect(opener.opening.state.kind).toBe('open');
  });

  it('opens nothing with a wrong attribute, and closes what was open', async () => {
    const opener = new Opener();
    const peer = await opener.opened(main);
    opener.opening.want(wrong);
    opener.opening.want(wrong);
    await vi.advanceTimersByTimeAsync(0);
    expect(peer.closings).toBe(1);
    expect(opener.states).toEqual(['opening', 'open', 'refused']);
    expect(opener.asked).toHaveLength(1);
  });
});
