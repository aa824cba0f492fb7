import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, WebSocketServer } from 'ws';
import { keyHex, type PublicKey, type Signature } from '../../../core/crypto/keys.ts';
import { mostTold, type Services, sealedBytes, signalingMessageBytes } from '../../../core/wire/signaling.ts';
import { Signaling, type SignalingReports, signalingOptions } from '../../../relay/signaling.ts';
import { SignalingClient } from '../../model/signaling-client.ts';

const archive = new Uint8Array(33).fill(2) as PublicKey;
let services: Services;
let server: WebSocketServer;
let url: string;
let clients: SignalingClient[];
let signaling: Signaling;
const spoke = vi.fn<() => void>();
const reports = { refused: vi.fn<SignalingReports['refused']>(), passed: vi.fn<SignalingReports['passed']>() };

beforeEach(async () => {
  vi.clearAllMocks();
  services = { stun: undefined, turn: [] };
  signaling = new Signaling(reports, () => services);
  signaling.serve('main', archive);
  signaling.serve('other', archive);
  server = new WebSocketServer({ ...signalingOptions, port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, request) =>
    signaling.accept(socket, { host: request.headers.host ?? '', from: '192.0.2.1:5' }, spoke),
  );
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  clients = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const client of clients) client.socket.terminate();
  server.close();
  await once(server, 'close');
});

async function joined(seed: number, network?: string): Promise<SignalingClient> {
  const client = await SignalingClient.joined(url, seed, network);
  clients.push(client);
  return client;
}

function opened(seed: number, options: ClientOptions = {}): SignalingClient {
  const client = new SignalingClient(url, seed, options);
  clients.push(client);
  return client;
}

async function expectRefused(client: SignalingClient, code: string): Promise<void> {
  expect(await client.next('refused')).toMatchObject({ code, reason: expect.stringMatching(/\w+ \w+/) });
  expect(await client.ended).toBe(1008);
  expect(reports.refused).toHaveBeenCalledExactlyOnceWith(code, expect.stringMatching(/\w+ \w+/), '192.0.2.1:5');
}

describe('Signaling', () => {
  it('counts members and signals, and needs nobody to tell it to', async () => {
    new Signaling().serve('main', archive);
    expect([...signaling.members()]).toEqual([
      ['main', 0],
      ['other', 0],
    ]);
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    await (await joined(3, 'other')).told();
    expect([...signaling.members()]).toEqual([
      ['main', 2],
      ['other', 1],
    ]);
    for (const to of [two.key, archive, two.key]) one.send({ kind: 'signal', to, sealed: Uint8Array.of(1) });
    await one.next('unroutable');
    await two.next('signalled');
    await two.next('signalled');
    expect(reports.passed.mock.calls).toEqual([['main'], ['main']]);
    expect(reports.refused).not.toHaveBeenCalled();
  });

  it('challenges each with a nonce of its own', async () => {
    const nonces = await Promise.all(
      [1, 2, 3].map(async (seed) => (await opened(seed).next('challenge')).nonce.join()),
    );
    expect(new Set(nonces).size).toBe(3);
  });

  it('tells who joins of the others in the network, and of the archive', async () => {
    const one = await joined(1);
    expect(await one.next('told')).toEqual({ kind: 'told', others: [], archive });
    const two = await joined(2);
    expect(await two.told()).toEqual([one.hex]);
    const elsewhere = await joined(3, 'other');
    expect(await elsewhere.told()).toEqual([]);
  });

  it('tells again when asked, without those that are named', async () => {
    const others: SignalingClient[] = [];
    for (let seed = 2; seed < 16; seed++) {
      const other = await joined(seed);
      await other.told();
      others.push(other);
    }
    const one = await joined(1);
    const first = await one.told();
    expect(first).toHaveLength(mostTold);
    one.send({ kind: 'ask', exclude: others.filter(({ hex }) => first.includes(hex)).map(({ key }) => key) });
    const second = await one.told();
    expect([...first, ...second].sort()).toEqual(others.map(({ hex }) => hex).sort());
  });

  it('says that a tab has spoken when it asks to join, and not before', async () => {
    const [one, other] = [opened(1), opened(2)];
    await other.next('challenge');
    expect(spoke).not.toHaveBeenCalled();
    await one.join('main', url);
    await one.told();
    expect(spoke).toHaveBeenCalledTimes(1);
    const stranger = opened(3);
    await stranger.join('unheard-of', url);
    await stranger.next('refused');
    expect(spoke).toHaveBeenCalledTimes(1);
  });

  it('passes signals as they are, in order, and says when there is nobody', async () => {
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    for (let i = 0; i < 20; i++) one.send({ kind: 'signal', to: two.key, sealed: Uint8Array.of(i, 1, 2) });
    for (let i = 0; i < 20; i++) {
      expect(await two.next('signalled')).toEqual({ kind: 'signalled', from: one.key, sealed: Uint8Array.of(i, 1, 2) });
    }
    await two.close();
    await vi.waitFor(() => expect(server.clients.size).toBe(1));
    one.send({ kind: 'signal', to: two.key, sealed: new Uint8Array(sealedBytes) });
    expect(await one.next('unroutable')).toEqual({ kind: 'unroutable', to: two.key });
    one.send({ kind: 'signal', to: one.key, sealed: new Uint8Array(1) });
    await one.next('unroutable');
  });

  it('lets no signal out of its network', async () => {
    const [one, two] = [await joined(1), await joined(2, 'other')];
    await one.told();
    await two.told();
    one.send({ kind: 'signal', to: two.key, sealed: new Uint8Array(1) });
    expect(keyHex((await one.next('unroutable')).to)).toBe(two.hex);
  });

  it('gives a key to who joins last, and tells the other why it ends', async () => {
    const [older, two] = [await joined(1), await joined(2)];
    await older.told();
    await two.told();
    const newer = await joined(1);
    expect(await newer.told()).toEqual([two.hex]);
    await expectRefused(older, 'replaced');
    two.send({ kind: 'signal', to: newer.key, sealed: Uint8Array.of(5) });
    expect((await newer.next('signalled')).sealed).toEqual(Uint8Array.of(5));
  });

  it('says what STUN and TURN there are each time before it tells of others, as it is then', async () => {
    const one = opened(1);
    const kinds: unknown[] = [];
    one.socket.on('message', (data: Buffer) => kinds.push(data[0]));
    await one.join('main', url);
    await one.told();
    expect(one.services).toEqual([{ kind: 'services', stun: undefined, turn: [] }]);
    services = { stun: 3478, turn: [{ url: 'turn:t:1', username: '1', credential: 'a' }] };
    one.send({ kind: 'ask', exclude: [] });
    await one.told();
    expect(one.services[1]).toEqual({ kind: 'services', ...services });
    // Challenge, Services, Told, Services, Told (docs/protocol.md).
    expect(kinds).toEqual([0, 5, 1, 5, 1]);
  });

  it('says so to nobody who has not joined', async () => {
    services = { stun: undefined, turn: [{ url: 'turn:t:1', username: '1', credential: 'a' }] };
    const stranger = opened(1);
    await stranger.join('elsewhere', url);
    await expectRefused(stranger, 'unknown-network');
    expect(stranger.services).toEqual([]);
  });

  it('gives fresh TURN credentials every six hours to who stays, and none where there is no TURN', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const without = await joined(1);
    await without.told();
    services = { stun: undefined, turn: [{ url: 'turn:t:1', username: '1', credential: 'a' }] };
    const one = await joined(2);
    await one.told();
    expect(vi.getTimerCount()).toBe(1);
    services = { stun: undefined, turn: [{ url: 'turn:t:1', username: '2', credential: 'b' }] };
    vi.advanceTimersByTime(6 * 3_600_000 - 1);
    one.send({ kind: 'signal', to: one.key, sealed: new Uint8Array(1) });
    await one.next('unroutable');
    expect(one.services).toHaveLength(1);
    vi.advanceTimersByTime(1);
    one.send({ kind: 'signal', to: one.key, sealed: new Uint8Array(1) });
    await one.next('unroutable');
    expect(one.services.map(({ turn }) => turn[0]?.username)).toEqual(['1', '2']);
    expect(without.services).toHaveLength(1);
    await one.close();
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
  });

  it('takes the candidates of ten calls at once, both ways', async () => {
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    for (let i = 0; i < 10 * 25; i++) {
      one.send({ kind: 'signal', to: two.key, sealed: new Uint8Array(300) });
      two.send({ kind: 'signal', to: one.key, sealed: new Uint8Array(300) });
    }
    for (let i = 0; i < 10 * 25; i++) {
      await one.next('signalled');
      await two.next('signalled');
    }
  });

  it('refuses who sends far more than that, and nobody else', async () => {
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    for (let i = 0; i < 600; i++) one.send({ kind: 'ask', exclude: [] });
    expect(await one.ended).toBe(1008);
    two.send({ kind: 'ask', exclude: [] });
    expect(await two.told()).toEqual([]);
  });

  it('refuses who does not read, and nobody else', async () => {
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    two.socket.pause();
    for (let i = 0; i < 450; i++) one.send({ kind: 'signal', to: two.key, sealed: new Uint8Array(sealedBytes) });
    expect(keyHex((await one.next('unroutable')).to)).toBe(two.hex);
    await vi.waitFor(() => expect(server.clients.size).toBe(1), { timeout: 5_000 });
  });

  it.each([
    ['a signature of something else', { sign: new Uint8Array(64).fill(1) as Signature }, 'bad-signature'],
    ['the key of another', { pubkey: archive }, 'bad-signature'],
    ['another nonce than it signed', { nonce: new Uint8Array(32) }, 'bad-signature'],
    ['another network than it signed', { network: 'other' }, 'bad-signature'],
    ['a network that is not served', { network: 'unheard-of' }, 'unknown-network'],
    ['a network that is none', { network: '<b>\n' }, 'unknown-network'],
    ['the origin of another relay', { origin: 'http://relay.example' }, 'wrong-origin'],
    ['an origin of another port', { origin: 'http://127.0.0.1:1' }, 'wrong-origin'],
    ['an origin that is none', { origin: 'x' }, 'wrong-origin'],
    ['an origin as long as one may be', { origin: 'x'.repeat(512) }, 'wrong-origin'],
  ])('refuses %s', async (_, change, code) => {
    const client = await SignalingClient.joined(url, 1, 'main', change);
    clients.push(client);
    await expectRefused(client, code);
  });

  it('refuses who came by a name that is too long to be told back', async () => {
    const client = opened(1, { headers: { Host: `${'h'.repeat(2_000)}.example` } });
    await client.join('main', url);
    await expectRefused(client, 'wrong-origin');
  });

  it('does not take an address for an origin', async () => {
    const client = opened(1);
    await client.join('main', `${url}/`);
    await expectRefused(client, 'wrong-origin');
  });

  it('takes the same relay behind TLS for the same', async () => {
    const client = opened(1);
    await client.join('main', url.replace('http', 'https'));
    expect(await client.told()).toEqual([]);
  });

  it('refuses a challenge that was answered before, at another socket', async () => {
    const [one, two] = [opened(1), opened(1)];
    const sent: Buffer[] = [];
    const send = one.socket.send.bind(one.socket);
    one.socket.send = ((data: Buffer) => {
      sent.push(data);
      send(data);
    }) as typeof one.socket.send;
    await one.join('main', url);
    await one.told();
    await two.next('challenge');
    two.socket.send(sent[0] as Buffer);
    await expectRefused(two, 'bad-signature');
  });

  it.each([
    ['garbage', Buffer.from([9, 9, 9]), 'bad-message'],
    ['nothing', Buffer.alloc(0), 'bad-message'],
    ['text', 'join', 'bad-message'],
    ['a question before it has joined', Buffer.from([1, 0, 0, 0, 0]), 'not-joined'],
  ])('refuses %s', async (_, message, code) => {
    const client = opened(1);
    await client.next('challenge');
    client.socket.send(message);
    await expectRefused(client, code);
  });

  it('refuses what comes between join and being told', async () => {
    const client = opened(1);
    await client.join('main', url);
    client.send({ kind: 'ask', exclude: [] });
    await expectRefused(client, 'not-joined');
  });

  it('looks at no signature of a tab that has gone meanwhile', async () => {
    const [one, two] = [opened(1), await joined(2)];
    await two.told();
    await one.join('main', url);
    one.socket.terminate();
    await vi.waitFor(() => expect(server.clients.size).toBe(1));
    two.send({ kind: 'ask', exclude: [] });
    expect(await two.told()).toEqual([]);
  });

  it('closes only the socket of a message in very many pieces', async () => {
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    for (let piece = 0; piece < 80; piece++) one.socket.send(Buffer.alloc(1), { fin: false });
    expect(await one.ended).toBe(1008);
    two.send({ kind: 'ask', exclude: [] });
    expect(await two.told()).toEqual([]);
  });

  it('refuses a second join', async () => {
    const client = await joined(1);
    await client.told();
    client.send({
      kind: 'join',
      network: 'main',
      pubkey: client.key,
      nonce: new Uint8Array(32),
      origin: url,
      sign: new Uint8Array(64) as Signature,
    });
    await expectRefused(client, 'bad-message');
  });

  it('closes only the socket of a message that is too long', async () => {
    const [one, two] = [await joined(1), await joined(2)];
    await one.told();
    await two.told();
    one.socket.send(Buffer.alloc(signalingMessageBytes + 1));
    expect(await one.ended).toBe(1009);
    expect(reports.refused).toHaveBeenCalledExactlyOnceWith('bad-message', expect.any(String), '192.0.2.1:5');
    two.send({ kind: 'ask', exclude: [] });
    expect(await two.told()).toEqual([]);
  });

  it('refuses who has not joined after ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const [slow, quick] = [opened(1), opened(2)];
    await slow.next('challenge');
    await quick.join('main', url);
    await quick.told();
    vi.advanceTimersByTime(9_999);
    expect(server.clients.size).toBe(2);
    vi.advanceTimersByTime(1);
    await expectRefused(slow, 'not-joined');
    vi.useRealTimers();
    await vi.waitFor(() => expect(server.clients.size).toBe(1));
  });

  it('hangs up on who does not take leave', async () => {
    const [client, other] = [await joined(1), await joined(2)];
    await client.told();
    await other.told();
    client.socket.send(Buffer.from([9]));
    client.socket.pause();
    await vi.waitFor(() => expect(server.clients.size).toBe(1), { timeout: 5_000 });
  });
});
