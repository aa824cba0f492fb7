/**
 * A bridge on a real socket, a tab's side of it as plainly as it can be written, and the first bytes of a peer.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { decode, encode } from '../../core/codec/codec.ts';
import type { PublicKey, SecretKey } from '../../core/crypto/keys.ts';
import {
  type BridgeMessage,
  type BridgeProof,
  type BridgingMessage,
  bridgeDigest,
  bridgeMessages,
  bridgingMessages,
  type Wish,
} from '../../core/wire/bridging.ts';
import type { DialectName } from '../../core/wire/dialect.ts';
import { type Greeting, oursCommit, wireVersion } from '../../core/wire/messages.ts';
import { Session } from '../../core/wire/session.ts';
import { Bridge, type BridgeOptions, bridgeSocketOptions } from '../../relay/bridge/bridge.ts';
import type { Refusal } from '../../relay/bridge/refusal.ts';
import { nodeCurve } from '../../relay/curve.ts';
import { Seeded } from './seeded.ts';

export interface Identity {
  readonly secret: SecretKey;
  readonly key: PublicKey;
}

export function identity(seed: number): Identity {
  const secret = new Seeded(seed).bytes(32) as SecretKey;
  return { secret, key: nodeCurve.publicKey(secret) };
}

/** The frame that a peer of the network `main` begins with. */
export function greetingFrame(
  { secret, key }: Identity,
  dialect: DialectName,
  change: Partial<Greeting> = {},
): Uint8Array {
  const party = { curve: nodeCurve, random: new Seeded(5).random, secret, publicKey: key, network: 'main' };
  const nothing = { root: undefined, last: undefined, count: 0n, thin: false, listen: '127.0.0.1:1', known: [] };
  const version = { ...wireVersion, target: '', branch: 'main', commit: oursCommit };
  const session = new Session({ ...party, dialled: true, expected: undefined, accepts: [dialect] });
  return session.greet({ pubkey: key, ...nothing, version, ...change }, dialect);
}

export interface BridgeStage {
  readonly bridge: Bridge;
  /** `ws://127.0.0.1:…` */
  readonly url: string;
  readonly refusals: Refusal[];
  /** What accepts its sockets. */
  readonly server: WebSocketServer;
  close(): Promise<void>;
}

/** @param client the address that tabs seem to come from */
export async function openBridge(change: Partial<BridgeOptions> = {}, client = '127.0.0.1:5'): Promise<BridgeStage> {
  const refusals: Refusal[] = [];
  const options: BridgeOptions = {
    allow: [],
    loopback: true,
    proxy: undefined,
    mostConnections: 100,
    mostPorts: 100,
    host: '127.0.0.1',
    ports: undefined,
    announcedHost: undefined,
    networks: new Set(['main']),
    ...change,
  };
  const bridge = new Bridge(options, (refusal) => refusals.push(refusal));
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...bridgeSocketOptions });
  server.on('connection', (socket, { headers }) =>
    bridge.accept(socket, { host: headers.host ?? '', from: client }, () => undefined),
  );
  await once(server, 'listening');
  return {
    bridge,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refusals,
    server,
    async close() {
      bridge.close();
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Kind = BridgeMessage['kind'];

/** A tab at the bridge's door. */
export class BridgeClient {
  readonly socket: WebSocket;
  readonly ended: Promise<number>;
  readonly #self: Identity;
  readonly #origin: string;
  readonly #heard: Buffer[] = [];
  readonly #wakers: (() => void)[] = [];

  constructor(url: string, self: Identity) {
    this.#self = self;
    this.#origin = url.replace(/^ws/, 'http');
    this.socket = new WebSocket(`${url}/bridge`);
    this.socket.on('message', (data: Buffer) => {
      this.#heard.push(data);
      for (const wake of this.#wakers.splice(0)) wake();
    });
    this.ended = once(this.socket, 'close').then(([code]) => {
      for (const wake of this.#wakers.splice(0)) wake();
      return code as number;
    });
  }

  static async asking(
    url: string,
    self: Identity,
    wish: Wish,
    change: Partial<BridgeProof> = {},
  ): Promise<BridgeClient> {
    const client = new BridgeClient(url, self);
    await client.ask(wish, change);
    return client;
  }

  static async taking(url: string, ticket: Uint8Array): Promise<BridgeClient> {
    const client = new BridgeClient(url, identity(1));
    await client.next('challenge');
    client.say({ kind: 'take', ticket });
    return client;
  }

  async ask(wish: Wish, change: Partial<BridgeProof> = {}): Promise<void> {
    const { nonce: relayNonce } = await this.next('challenge');
    const { secret, key: pubkey } = this.#self;
    const ownNonce = new Seeded(99).bytes(32);
    const asked = { network: 'main', origin: this.#origin, ...change };
    const digest = bridgeDigest({ ...asked, relayNonce, ownNonce, pubkey, wish });
    const sign = nodeCurve.sign(digest, secret, new Uint8Array(32));
    this.say({ kind: 'ask', proof: { pubkey, nonce: ownNonce, sign, ...asked }, wish });
  }

  say(message: BridgingMessage): void {
    this.socket.send(encode(bridgingMessages, message));
  }

  /** The next message, which must be of this kind. */
  async next<K extends Kind>(kind: K): Promise<BridgeMessage & { readonly kind: K }> {
    const message = decode(bridgeMessages, await this.bytes());
    if (message.kind !== kind) throw new Error(`the relay says ${JSON.stringify(message)}, not ${kind}`);
    return message as BridgeMessage & { readonly kind: K };
  }

  /** What came next; nothing at the end. */
  async bytes(): Promise<Buffer> {
    while (this.#heard.length === 0) {
      if (this.socket.readyState === WebSocket.CLOSED) return Buffer.alloc(0);
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
    return this.#heard.shift() as Buffer;
  }

  /** So many bytes of the connection. */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const part = await this.bytes();
      if (part.length === 0) throw new Error(`it ended ${left} bytes early`);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}

/** A TCP server that remembers what it has heard. */
export class Listener {
  readonly sockets: Socket[] = [];
  heard = Buffer.alloc(0);
  readonly #server: Server;

  private constructor(says: Uint8Array | undefined) {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on('data', (data) => {
        this.heard = Buffer.concat([this.heard, data]);
      });
      socket.on('error', () => undefined);
      if (says !== undefined) socket.write(says);
    });
  }

  /** @param says what it says to whoever comes */
  static async open(says: Uint8Array | undefined): Promise<Listener> {
    const listener = new Listener(says);
    listener.#server.listen(0, '127.0.0.1');
    await once(listener.#server, 'listening');
    return listener;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export async function dialled(address: string): Promise<Socket> {
  const [host = '', port] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
