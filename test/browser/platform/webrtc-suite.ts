/**
 * The contract of links over real data channels between two transports in one page, and what only WebRTC has: calls.
 */
import type { PublicKey } from '../../../core/crypto/keys.ts';
import { keyHex } from '../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import { LinkError } from '../../../core/errors.ts';
import type { Link } from '../../../core/link.ts';
import { signaledAddress } from '../../../core/network/addresses.ts';
import type { WebRtcTransport } from '../../../web/links/webrtc.ts';
import { Heard, linkContract, until } from '../../contract/link.ts';
import { Room, randomBytes, rtcTransport, secretOf, TestPage } from './memory-signaling.ts';
import { afterEach, beforeEach, describe, expect, it } from './vitest-in-page.ts';

let keys = 0;

function nextKey(): PublicKey {
  return nobleCurve.publicKey(secretOf(keys++));
}

/** Every connection the browser was asked for, to see what was made and that all of them end. */
const connections: RTCPeerConnection[] = [];
const Original = RTCPeerConnection;
globalThis.RTCPeerConnection = class extends Original {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.push(this);
  }
};

/** One tab as a transport, with what it was told. */
class Tab {
  readonly key: PublicKey;
  readonly address: string;
  readonly page = new TestPage();
  readonly accepted: Link[] = [];
  readonly transport: WebRtcTransport;

  constructor(room: Room, key = nextKey()) {
    this.key = key;
    this.address = signaledAddress(key);
    this.transport = rtcTransport(room, this.key, { page: this.page });
    this.transport.start({
      accepted: (link) => this.accepted.push(link),
      discovered: () => undefined,
      listening: () => undefined,
      problem: () => undefined,
    });
  }

  call(other: Tab, timeoutMs = 10_000): Promise<Link> {
    return this.transport.dial(other.address, timeoutMs);
  }

  async failure(other: Tab, timeoutMs?: number): Promise<string> {
    const error = await this.call(other, timeoutMs).then(
      () => 'a link',
      (thrown: unknown) => thrown,
    );
    return error instanceof LinkError ? error.code : String(error);
  }
}

linkContract('WebRTC', async () => {
  const room = new Room();
  const [one, other] = [new Tab(room), new Tab(room)];
  const a = await one.call(other);
  await until(() => other.accepted.length > 0);
  return {
    a,
    b: other.accepted[0] as Link,
    async dispose() {
      one.transport.close();
      other.transport.close();
      await until(() => one.transport.connections + other.transport.connections === 0);
    },
  };
});

/** The tabs of one test, in a room of their own; none leaves a connection behind. */
let room: Room;
let tabs: Tab[];

function tab(key?: PublicKey): Tab {
  const made = new Tab(room, key);
  tabs.push(made);
  return made;
}

function useRoom(): void {
  beforeEach(() => {
    room = new Room();
    tabs = [];
  });
  afterEach(async () => {
    for (const { page, transport } of tabs) {
      page.leave();
      transport.close();
    }
    await until(() => tabs.every(({ transport }) => transport.connections === 0));
    expect(connections.every(({ connectionState }) => connectionState === 'closed')).toBe(true);
    connections.length = 0;
  });
}

describe('a call', () => {
  useRoom();

  it('links two tabs that have proven their keys to each other', async () => {
    const [a, b] = [tab(), tab()];
    const link = await a.call(b);
    await until(() => b.accepted.length === 1);
    expect([link.remote, link.dialled, link.address]).toEqual([keyHex(b.key), true, b.address]);
    expect([b.accepted[0]?.remote, b.accepted[0]?.dialled]).toEqual([keyHex(a.key), false]);
  });

  it('by both at once makes one link, that of the smaller key, and both have what they waited for', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [tab(), tab()];
      const [atA, atB] = await Promise.all([a.call(b), b.call(a)]);
      const aIsSmaller = keyHex(a.key) < keyHex(b.key);
      expect([atA.dialled, atB.dialled]).toEqual([aIsSmaller, !aIsSmaller]);
      const heard = Heard.by(atB);
      Heard.by(atA);
      atA.send(Uint8Array.of(7));
      await until(() => heard.length === 1);
      await until(() => a.transport.connections === 1 && b.transport.connections === 1);
      expect([a.accepted.length, b.accepted.length]).toEqual([0, 0]);
    }
  });

  it.each(['before', 'after'])(
    'to a page that is reloaded %s it has answered is no obstacle to its next call',
    async (when) => {
      for (let round = 0; round < 4; round++) {
        const [a, b] = [tab(), tab()];
        let reloaded: Tab | undefined;
        room.passes = (sent) => {
          const type = when === 'before' ? 'offer' : 'answer';
          if (sent.signal.type !== type || reloaded !== undefined) return true;
          if (when === 'after') room.deliver(sent);
          b.page.leave();
          reloaded = tab(b.key);
          return false;
        };
        const called = a.call(b, 8_000);
        await until(() => reloaded !== undefined);
        const begun = performance.now();
        const link = await (reloaded as Tab | undefined)?.call(a, 8_000);
        expect(performance.now() - begun < 3_000).toBe(true);
        expect(link?.remote).toBe(keyHex(a.key));
        expect((await called).remote).toBe(keyHex(b.key));
      }
    },
  );

  it('to somebody who is not there fails at once', async () => {
    const [a, gone] = [tab(), tab()];
    gone.transport.close();
    const begun = performance.now();
    expect(await a.failure(gone)).toBe('unreachable');
    expect(performance.now() - begun < 2_000).toBe(true);
    expect(a.transport.connections).toBe(0);
  });
});

describe('a call, whatever a relay does,', () => {
  useRoom();

  it('that a relay repeats makes no second connection', async () => {
    const [a, b] = [tab(), tab()];
    await a.call(b);
    await until(() => b.accepted.length === 1);
    for (const sent of [...room.sent]) room.deliver(sent);
    for (const { from, to, signal } of [...room.sent]) room.deliver({ from: to, to: from, signal });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([a.transport.connections, b.transport.connections, b.accepted.length]).toEqual([1, 1, 1]);
    expect(connections.length).toBe(2);
  });

  it('is answered only by who was called', async () => {
    const [a, b, thief] = [tab(), tab(), tab()];
    room.passes = (sent) => {
      if (sent.signal.type !== 'answer') return true;
      room.deliver({ ...sent, from: thief.key });
      return false;
    };
    expect(await a.failure(b, 500)).toBe('timed-out');
  });

  it('of garbage harms nobody', async () => {
    const [a, b] = [tab(), tab()];
    const bodies = [
      '',
      'null',
      '[]',
      '{}',
      '{"sdp":7}',
      '{"sdp":"v=0"}',
      '{"candidate":{}}',
      '{"candidate":"x"}',
      '\u0000',
    ];
    for (const body of bodies) {
      for (const type of ['offer', 'answer', 'candidate', 'decline'] as const) {
        const signal = { call: randomBytes(16), type, body };
        room.deliver({ from: a.key, to: b.key, signal });
        room.deliver({ from: a.key, to: b.key, signal: { ...signal, type: 'candidate' } });
      }
    }
    const pending = a.call(b);
    const call = await new Promise<Uint8Array>((resolve) => {
      const look = (): void => {
        const offer = room.sent.find(({ signal }) => signal.type === 'offer');
        if (offer === undefined) setTimeout(look, 1);
        else resolve(offer.signal.call);
      };
      look();
    });
    for (const body of bodies) room.deliver({ from: b.key, to: a.key, signal: { call, type: 'candidate', body } });
    await pending.catch(() => undefined);
    for (const other of tabs) other.page.leave();
    const link = await a.call(b);
    expect(link.remote).toBe(keyHex(b.key));
  });
});

describe('calls', () => {
  useRoom();

  it('that nobody answers ends with its time, and leaves nothing behind', async () => {
    const [a, b] = [tab(), tab()];
    room.passes = () => false;
    expect(await a.failure(b, 300)).toBe('timed-out');
    expect(a.transport.connections).toBe(0);
  });

  it('is made once while it is under way, and never to oneself', async () => {
    const [a, b] = [tab(), tab()];
    const first = a.call(b);
    expect(await a.failure(b)).toBe('refused');
    expect(await a.failure(a)).toBe('refused');
    expect((await first).remote).toBe(keyHex(b.key));
  });

  it('past twelve connections is turned away at once', async () => {
    const full = tab();
    for (let i = 0; i < 12; i++) await tab().call(full);
    expect(full.transport.connections).toBe(12);
    const late = tab();
    const begun = performance.now();
    expect(await late.failure(full)).toBe('refused');
    expect(performance.now() - begun < 3_000).toBe(true);
    expect(await full.failure(late)).toBe('refused');
    expect([full.transport.connections, late.transport.connections]).toEqual([12, 0]);
  });

  it('past six in setup is not begun, by either side', async () => {
    const busy = tab();
    room.passes = ({ signal }) => signal.type === 'offer';
    const others = Array.from({ length: 6 }, () => tab());
    const calls = others.map((other) => other.failure(busy, 1_500));
    await until(() => busy.transport.connections === 6);
    const seventh = tab();
    expect(await busy.failure(seventh)).toBe('refused');
    room.passes = ({ signal }) => signal.type === 'offer' || signal.type === 'decline';
    expect(await seventh.failure(busy)).toBe('refused');
    expect((await Promise.all(calls)).every((code) => code === 'timed-out')).toBe(true);
  });

  it('and its end leave nothing behind, 60 times over', async () => {
    const [a, b] = [tab(), tab()];
    for (let round = 0; round < 60; round++) {
      const link = await a.call(b);
      await until(() => b.accepted.length === round + 1);
      (round % 2 === 0 ? link : (b.accepted[round] as Link)).close('round over');
      await until(() => a.transport.connections + b.transport.connections === 0);
    }
    expect(b.accepted.length).toBe(60);
  });
});

describe('a link by a call', () => {
  useRoom();

  it('ends when the page is left, and the other side hears of it', async () => {
    const [a, b] = [tab(), tab()];
    await a.call(b);
    await until(() => b.accepted.length === 1);
    const heard = Heard.by(b.accepted[0] as Link);
    const begun = performance.now();
    a.page.leave();
    await until(() => heard.ends.length === 1);
    expect(performance.now() - begun < 2_000).toBe(true);
  });

  it('carries what was sent last before its link was closed', async () => {
    const [a, b] = [tab(), tab()];
    const link = await a.call(b);
    await until(() => b.accepted.length === 1);
    const heard = Heard.by(b.accepted[0] as Link);
    Heard.by(link);
    link.send(new Uint8Array(500_000));
    link.close('that was all');
    await until(() => heard.ends.length === 1);
    expect(heard.length).toBe(500_000);
  });
});
