/**
 * A tab's side of signaling, as plainly as it can be written: what the relay is tested with.
 */
import { type ClientOptions, WebSocket } from 'ws';
import { decode, encode } from '../../core/codec/codec.ts';
import { keyHex, type PublicKey, type PublicKeyHex, type SecretKey } from '../../core/crypto/keys.ts';
import {
  challengeDigest,
  type RelayMessage,
  relayMessages,
  type Services,
  type TabMessage,
  tabMessages,
} from '../../core/wire/signaling.ts';
import { nodeCurve } from '../../relay/curve.ts';
import { Seeded } from './seeded.ts';

type Join = TabMessage & { readonly kind: 'join' };
/** What comes one after the other; what the relay has is kept apart. */
type Kind = Exclude<RelayMessage['kind'], 'services'>;

export class SignalingClient {
  readonly key: PublicKey;
  readonly hex: PublicKeyHex;
  readonly socket: WebSocket;
  /** When it has ended: the close code. */
  readonly ended: Promise<number>;
  /** What the relay said that it has, each time. */
  readonly services: Services[] = [];
  readonly #secret: SecretKey;
  readonly #heard: RelayMessage[] = [];
  readonly #wakers: (() => void)[] = [];

  /** @param seed chooses the key @param options of its WebSocket: headers, trust */
  constructor(url: string, seed: number, options: ClientOptions = {}) {
    this.#secret = new Seeded(seed).bytes(32) as SecretKey;
    this.key = nodeCurve.publicKey(this.#secret);
    this.hex = keyHex(this.key);
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/signal`, options);
    this.socket.on('message', (data: Buffer) => {
      const message = decode(relayMessages, data);
      if (message.kind === 'services') this.services.push(message);
      else this.#heard.push(message);
      this.#wake();
    });
    // What it is about follows as `close`.
    this.socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.socket.once('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  /** Opens and joins as it should be done. @param change what to do otherwise */
  static async joined(
    url: string,
    seed: number,
    network = 'main',
    change: Partial<Join> = {},
  ): Promise<SignalingClient> {
    const client = new SignalingClient(url, seed);
    await client.join(network, new URL(url).origin, change);
    return client;
  }

  async join(network: string, origin: string, change: Partial<Join> = {}): Promise<void> {
    const { nonce: relayNonce } = await this.next('challenge');
    const ownNonce = new Seeded(99).bytes(32);
    const digest = challengeDigest({ origin, network, relayNonce, ownNonce, pubkey: this.key });
    const sign = nodeCurve.sign(digest, this.#secret, new Uint8Array(32));
    this.send({ kind: 'join', network, pubkey: this.key, nonce: ownNonce, origin, sign, ...change });
  }

  send(message: TabMessage): void {
    this.socket.send(encode(tabMessages, message));
  }

  /** The next message, which must be of this kind. @throws Error when it has ended instead */
  async next<K extends Kind>(kind: K): Promise<RelayMessage & { readonly kind: K }> {
    while (this.#heard.length === 0) {
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`the relay has hung up, and did not say ${kind}`);
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
    const message = this.#heard.shift() as RelayMessage;
    if (message.kind !== kind) throw new Error(`the relay says ${message.kind}, not ${kind}`);
    return message as RelayMessage & { readonly kind: K };
  }

  async told(): Promise<PublicKeyHex[]> {
    return (await this.next('told')).others.map(keyHex);
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.ended;
  }
}
