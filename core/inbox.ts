/**
 * What a link tells whoever is attached to it: in order, never before the attaching, nothing after the end.
 *
 * The same for every carrier (link.ts). What comes before anybody is attached is kept, up to a bound. Has no turns of an
 * event loop of its own: where it runs brings them.
 */
import { invariant } from './errors.ts';
import type { LinkEvents } from './link.ts';

/** A greeting is at most 1 MiB (spec/safety.md, Frames and sessions), and somebody is attached within a turn or two. */
const mostKeptBytes = 2 * 1024 * 1024;

type State =
  | { readonly kind: 'unattached' }
  | { readonly kind: 'open'; readonly events: LinkEvents }
  /** Over, and the end not told yet. */
  | { readonly kind: 'ending'; readonly reason: string; readonly events: LinkEvents | undefined }
  | { readonly kind: 'ended' };

export class Inbox {
  readonly #later: (callback: () => void) => void;
  #state: State = { kind: 'unattached' };
  #attached = false;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #drained = 0;

  /** @param later calls back in a later turn of the event loop, in the order of the calls */
  constructor(later: (callback: () => void) => void) {
    this.#later = later;
  }

  /** What came and was told to nobody yet. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Whatever comes from now on is told to nobody, but perhaps the end itself. */
  get ended(): boolean {
    return this.#state.kind === 'ending' || this.#state.kind === 'ended';
  }

  attach(events: LinkEvents): void {
    invariant(!this.#attached, 'a link is attached to once');
    this.#attached = true;
    this.#later(() => this.#deliver(events));
  }

  /** False when more came than is kept until somebody is attached. */
  received(bytes: Uint8Array): boolean {
    if (this.#state.kind === 'open') {
      this.#state.events.received(bytes);
    } else if (this.#state.kind === 'unattached') {
      this.#kept.push(bytes);
      this.#keptBytes += bytes.length;
    }
    return this.#keptBytes <= mostKeptBytes;
  }

  drained(bytes: number): void {
    if (this.#state.kind === 'open') this.#state.events.drained(bytes);
    else if (this.#state.kind === 'unattached') this.#drained += bytes;
  }

  /** The other side or the carrier ended it: told after what came before. */
  end(reason: string): void {
    if (this.#state.kind === 'open') this.#tellEnd(this.#state.events, reason);
    else if (this.#state.kind === 'unattached') this.#state = { kind: 'ending', reason, events: undefined };
  }

  /** This side ended it: what came before interests nobody any more. The end is told in a later turn. */
  close(reason: string): void {
    if (this.ended) return;
    const events = this.#state.kind === 'open' ? this.#state.events : undefined;
    this.#state = { kind: 'ending', reason, events };
    this.#kept = [];
    this.#keptBytes = 0;
    this.#drained = 0;
    if (events !== undefined) this.#later(() => this.#tellEnd(events, reason));
  }

  #deliver(events: LinkEvents): void {
    const before = this.#state;
    this.#state = { kind: 'open', events };
    if (this.#drained > 0) events.drained(this.#drained);
    // Whoever is told may close the link in between.
    for (const bytes of this.#kept) if (this.#state.kind === 'open') events.received(bytes);
    this.#kept = [];
    this.#keptBytes = 0;
    if (before.kind === 'ending') this.end(before.reason);
  }

  #tellEnd(events: LinkEvents, reason: string): void {
    this.#state = { kind: 'ended' };
    events.closed(reason);
  }
}
