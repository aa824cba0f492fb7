/**
 * ICE servers that a relay names while connections are made, and what a browser takes for one.
 */
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import { signaledAddress } from '../../../core/network/addresses.ts';
import { isIceUrl } from '../../../core/wire/signaling.ts';
import { Connection } from '../../../web/links/connection.ts';
import type { WebRtcTransport } from '../../../web/links/webrtc.ts';
import { until } from '../../contract/link.ts';
import { Room, rtcTransport, secretOf, timers } from './memory-signaling.ts';
import { afterEach, beforeEach, describe, expect, it } from './vitest-in-page.ts';

/** Each connection the browser was asked for, and the servers it was given. */
let made: { readonly connection: RTCPeerConnection; readonly urls: string }[] = [];
const Original = RTCPeerConnection;
globalThis.RTCPeerConnection = class extends Original {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    made.push({ connection: this, urls: (configuration?.iceServers ?? []).map(({ urls }) => urls).join(' ') });
  }
};

const urls = () => made.map((each) => each.urls);
const ended = () => made.map(({ connection }) => connection.signalingState === 'closed');
const [first, second, own] = [9, 10, 11].map((port) => ({ urls: `stun:127.0.0.1:${port}` })) as [
  RTCIceServer,
  RTCIceServer,
  RTCIceServer,
];

let room: Room;
let transports: WebRtcTransport[];
let keys = 0;

interface Tab extends WebRtcTransport {
  readonly address: string;
}

function tab(iceServers: readonly RTCIceServer[] = [], spare?: Connection): Tab {
  const key = nobleCurve.publicKey(secretOf(keys++));
  const transport = rtcTransport(room, key, { iceServers, ...(spare === undefined ? {} : { spare }) });
  transport.start({
    accepted: () => undefined,
    discovered: () => undefined,
    listening: () => undefined,
    problem: () => undefined,
  });
  transports.push(transport);
  return Object.assign(transport, { address: signaledAddress(key) });
}

function tabWithSpare(iceServers: readonly RTCIceServer[] = []): Tab {
  return tab(iceServers, new Connection(true, iceServers, timers));
}

/** The tabs of one test, in a room of their own; none leaves a connection behind. */
function useRoom(): void {
  beforeEach(() => {
    room = new Room();
    transports = [];
    made = [];
  });
  afterEach(async () => {
    for (const transport of transports) transport.close();
    await until(() => ended().every((isOver) => isOver));
  });
}

describe('ICE servers', () => {
  useRoom();

  it('that are named take the place of those before, besides those of the page', async () => {
    const [a, b] = [tab([own]), tab()];
    room.serve([first]);
    await a.dial(b.address, 10_000);
    expect(urls()).toEqual([`${own.urls} ${first.urls}`, `${first.urls}`]);
    room.serve([second]);
    await b.dial(a.address, 10_000);
    expect(urls().slice(2)).toEqual([`${second.urls}`, `${own.urls} ${second.urls}`]);
    expect(ended()).toEqual([false, false, false, false]);
  });

  it('that a spare was not made with have it made again, and the new one makes the first call', async () => {
    const a = tabWithSpare([own]);
    expect(urls()).toEqual([`${own.urls}`]);
    room.serve([first]);
    expect(urls()).toEqual([`${own.urls}`, `${own.urls} ${first.urls}`]);
    await until(() => ended().join() === 'true,false');
    const b = tab();
    await a.dial(b.address, 10_000);
    // The third is of who was called.
    expect(made.length).toBe(3);
    expect(ended()).toEqual([true, false, false]);
  });

  it('change nothing when there are none, or the same again', async () => {
    const a = tabWithSpare();
    room.serve([]);
    expect(made.length).toBe(1);
    room.serve([first]);
    room.serve([{ ...first }]);
    expect(made.length).toBe(2);
    await a.dial(tab().address, 10_000);
    expect(ended()).toEqual([true, false, false]);
  });

  it('leave a spare that calls already as it is', async () => {
    const a = tabWithSpare();
    const calling = a.dial(tab().address, 10_000);
    room.serve([first]);
    expect((await calling).dialled).toBe(true);
    expect(urls()[0]).toBe('');
    expect(ended()).toEqual([false, false]);
  });

  it('of a relay that names others all the time make no more than one connection anew', async () => {
    tabWithSpare();
    for (let port = 1; port < 600; port++) room.serve([{ urls: `stun:127.0.0.1:${port}` }]);
    expect(made.length).toBe(2);
    await until(() => ended().join() === 'true,true');
  });
});

describe('what isIceUrl takes,', () => {
  it.each([
    'stun:127.0.0.1:1',
    'stun:relay.example:65535',
    'stun:[::1]:9',
    'turn:turn.example',
    'turn:turn.example:3478?transport=udp',
    'turn:turn.example:3478?transport=tcp',
    'turns:turn.example:5349',
    'turns:[2001:DB8::1]:443?transport=tcp',
    'turn:a..b:1',
    'turn:.:1',
    'turn:-:1',
    'turn:_',
    'turn:999.999.999.999:1',
    'turn:0x7f.1:1',
    'turn:[::::]:1',
    'turn:[.]:1',
    'turn:[1]',
    `turn:${'a'.repeat(251)}`,
  ])('a browser takes: %s', (url) => {
    expect(isIceUrl(url)).toBe(true);
    const server = { urls: url, username: 'u', credential: 'c' };
    const connection = new Original({ iceServers: [server] });
    connection.createDataChannel('x');
    connection.close();
  });

  it.each(['turn:a:0', 'turn:a:65536', 'turn:a:1?transport=tls', 'stun:a:1?transport=udp', 'turn:', 'https://a'])(
    'and what it leaves would make a connection impossible: %s',
    (url) => {
      expect(isIceUrl(url)).toBe(false);
      let thrown: unknown;
      try {
        new Original({ iceServers: [{ urls: url, username: 'u', credential: 'c' }] }).close();
      } catch (error) {
        thrown = error;
      }
      expect(thrown instanceof DOMException).toBe(true);
    },
  );
});
