/**
 * A reference peer's connections: whom it greets and when, whom it dials again, when it has had enough.
 *
 * It greets those that dial it one at a time and waits for each without limit. What it has dialled it dials again once
 * whenever it ends, after `reconnect`, as long as retries are left; when that dial fails it stops and tells nobody
 * (spec/wire.md, Greeting, Announce / Leave).
 */
import type { ExactMessage, SecondGreeting } from '../second-decoder.ts';
import type { Arrived, ReferenceSession } from './session.ts';

interface Connection {
  readonly link: number;
  readonly session: ReferenceSession;
  /** Undefined when the other side dialled. */
  readonly dialled: Dialled | undefined;
}

/** A neighbour: both have greeted. */
export interface Neighbour {
  readonly link: number;
  readonly greeting: SecondGreeting;
}

/** How it was dialled. */
interface Dialled {
  readonly address: string;
  /** How often it is dialled again. */
  readonly retries: number;
}

export interface ConnectionsOptions {
  readonly reconnect: { readonly afterMs: number; readonly retries: number };
  readonly session: () => ReferenceSession;
  readonly greeting: () => SecondGreeting;
  readonly dial: (address: string, dial: number) => void;
  readonly send: (link: number, bytes: Uint8Array) => void;
  readonly close: (link: number) => void;
  readonly later: (delayMs: number, action: () => void) => void;
  readonly greeted: (neighbour: Neighbour) => void;
  readonly heard: (message: ExactMessage, neighbour: Neighbour) => void;
  /** A neighbour's connection has ended and nobody dials again. */
  readonly left: (neighbour: Neighbour) => void;
  /** A greeting showed a key that is no point. */
  readonly crashed: (link: number, dialled: boolean) => void;
}

export class Connections {
  /** Why it closed connections, oldest first. */
  readonly refusals: string[] = [];
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<number, Connection>();
  readonly #dials = new Map<number, Dialled>();
  #lastDial = 0;
  /** Those that wait to be greeted, with what they have said, and the one that is being greeted. */
  readonly #waiting = new Map<number, Uint8Array[]>();
  #greets: number | undefined;
  #listens = true;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get neighbours(): Neighbour[] {
    return [...this.#open.values()].flatMap(({ link, session: { other } }) =>
      other === undefined ? [] : [{ link, greeting: other }],
    );
  }

  sessionOf(link: number): ReferenceSession | undefined {
    return this.#open.get(link)?.session;
  }

  /** Nobody is greeted any more who dials. */
  stopListening(): void {
    this.#listens = false;
    for (const link of this.#waiting.keys()) this.#options.close(link);
    this.#waiting.clear();
  }

  connect(address: string): void {
    this.#dial({ address, retries: this.#options.reconnect.retries });
  }

  /** @param dial the one that this link answers; undefined when the other side dialled */
  opened(link: number, dial: number | undefined): void {
    if (dial !== undefined) {
      const dialled = this.#dials.get(dial);
      this.#dials.delete(dial);
      this.#begin(link, dialled);
    } else if (this.#listens) {
      this.#waiting.set(link, []);
      this.#greetNext();
    } else this.#options.close(link);
  }

  /** Nothing is done about it: not for a first dial, not for a later one. */
  dialFailed(dial: number): void {
    this.#dials.delete(dial);
  }

  received(link: number, bytes: Uint8Array): void {
    const connection = this.#open.get(link);
    if (connection === undefined) {
      this.#waiting.get(link)?.push(bytes);
      return;
    }
    for (const arrived of connection.session.receive(bytes)) this.#arrived(connection, arrived);
  }

  ended(link: number): void {
    const connection = this.#open.get(link);
    this.#waiting.delete(link);
    this.#open.delete(link);
    if (connection !== undefined) this.#lost(connection);
    this.#doneWith(link);
  }

  #lost({ link, dialled, session: { other } }: Connection): void {
    const { later, left, reconnect } = this.#options;
    if (other === undefined) return;
    if (dialled === undefined || dialled.retries === 0) left({ link, greeting: other });
    else later(reconnect.afterMs, () => this.#dial({ ...dialled, retries: dialled.retries - 1 }));
  }

  #dial(dialled: Dialled): void {
    this.#dials.set(++this.#lastDial, dialled);
    this.#options.dial(dialled.address, this.#lastDial);
  }

  #greetNext(): void {
    if (this.#greets !== undefined) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [link, said] = next;
    this.#waiting.delete(link);
    this.#greets = link;
    this.#begin(link, undefined);
    for (const bytes of said) this.received(link, bytes);
  }

  #begin(link: number, dialled: Dialled | undefined): void {
    const { session, greeting, send } = this.#options;
    const connection = { link, session: session(), dialled };
    this.#open.set(link, connection);
    send(link, connection.session.greet(greeting()));
  }

  #arrived({ link, session, dialled }: Connection, arrived: Arrived): void {
    const { greeted, heard, crashed, close } = this.#options;
    switch (arrived.kind) {
      case 'greeted':
        greeted({ link, greeting: arrived.greeting });
        return this.#doneWith(link);
      case 'message':
        if (session.other !== undefined) heard(arrived.message, { link, greeting: session.other });
        return;
      case 'refused':
        this.refusals.push(arrived.why);
        close(link);
        return this.#doneWith(link);
      case 'crashed':
        return crashed(link, dialled !== undefined);
    }
  }

  #doneWith(link: number): void {
    if (this.#greets !== link) return;
    this.#greets = undefined;
    this.#greetNext();
  }
}
