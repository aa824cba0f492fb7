/**
 * A scripted client of reference peers: it dials, says what a test says, and keeps what it hears.
 *
 * It greets only when told and never closes by itself, so it can be silent, show any key, and send what no peer sends.
 */
import type { PublicKey, SecretKey } from '../../../core/crypto/keys.ts';
import type { Event } from '../../../core/events.ts';
import type { World } from '../../simulator/host.ts';
import type { Endpoint } from '../../simulator/wires.ts';
import type { ExactMessage, SecondDialect, SecondGreeting } from '../second-decoder.ts';
import { encodeMessage } from './encoder.ts';
import { ReferenceSession } from './session.ts';
import { Signer } from './signing.ts';

const dialTimeoutMs = 10_000;

export class Client implements Endpoint {
  readonly key: PublicKey;
  readonly address: string;
  readonly incarnation = 1;
  readonly signer: Signer;
  readonly heard: ExactMessage[] = [];
  /** Whether the other side has closed the link. */
  hasEnded = false;
  readonly #world: World;
  readonly #dialect: SecondDialect;
  readonly #session: ReferenceSession;
  #link: number | undefined;

  /** Dials at once. */
  constructor(world: World, dialect: SecondDialect, to: Endpoint, secret: SecretKey) {
    const { crypto, seeded } = world;
    this.#world = world;
    this.#dialect = dialect;
    this.key = crypto.curve.publicKey(secret);
    this.signer = new Signer(crypto, secret);
    this.address = `192.0.2.200:${1_024 + seeded.below(60_000)}`;
    this.#session = new ReferenceSession({ dialect, crypto, secret, random: seeded.random });
    world.wires.dial(this, to.address, 1, dialTimeoutMs);
  }

  /** What the other has said of itself, once it has. */
  get other(): SecondGreeting | undefined {
    return this.#session.other;
  }

  /** Whether the link is open on this side. */
  get isLinked(): boolean {
    return this.#link !== undefined && !this.hasEnded;
  }

  greet(changed: Partial<SecondGreeting> = {}): void {
    const numbers = { major: 0, minor: 1, patch: 0 };
    const common = { pubkey: this.signer.key, listen: '127.0.0.1:1', root: null, last: null, count: 0n, thin: false };
    const greeting: SecondGreeting =
      this.#dialect === 'cbc'
        ? { ...common, version: { ...numbers, target: '', branch: '', commit: '' } }
        : { ...common, version: numbers, known: [] };
    this.#send(this.#session.greet({ ...greeting, ...changed } as SecondGreeting));
  }

  say(message: ExactMessage): void {
    this.sayPayload(encodeMessage(message, this.#dialect));
  }

  /** Whatever it means, if anything. */
  sayPayload(payload: Uint8Array): void {
    this.#send(this.#session.sealPayload(payload));
  }

  hangUp(): void {
    const end = this.#link === undefined ? undefined : this.#world.wires.end(this.#link);
    if (end !== undefined) this.#world.wires.close(end);
  }

  handle(event: Event): void {
    if (event.kind === 'linkOpened') this.#link = event.link;
    if (event.kind === 'closed' || event.kind === 'dialFailed') this.hasEnded = true;
    if (event.kind !== 'received') return;
    for (const arrived of this.#session.receive(event.bytes))
      if (arrived.kind === 'message') this.heard.push(arrived.message);
  }

  #send(bytes: Uint8Array): void {
    const end = this.#link === undefined ? undefined : this.#world.wires.end(this.#link);
    if (end === undefined) throw new Error('the client has no link');
    this.#world.wires.send(end, [bytes]);
  }
}
