/**
 * Who greets first, in which dialect, and as what (spec/safety.md, Which dialect; Two links to one peer; Roots).
 *
 * On WebRTC and WebSocket both sides greet at once. On TCP the other side may be a reference peer of either dialect, so
 * a dialler gives it a moment to speak first and an acceptor waits longer; whoever was hung up on dials again in another
 * manner. To a reference peer of another root we show nothing that it could refuse, and nothing that it could name. Where
 * only ours can be at the other end, and wherever it is asked for, nobody is spoken to without the secure upgrade.
 */
import type { Milliseconds } from './config.ts';
import { keyHex } from './crypto/keys.ts';
import type { Event } from './events.ts';
import type { Machines } from './machines.ts';
import { unreachableAddress } from './network/addresses.ts';
import type { Manner } from './network/neighbours.ts';
import { type GreetedLink, isGreeted, type OpenLink } from './network/open-link.ts';
import type { Dialect, DialectName } from './wire/dialect.ts';
import { type Greeting, oursCommit, wireVersion } from './wire/messages.ts';

/** Keys that our greeting names at most (spec/safety.md, Frames and sessions). */
const mostKnown = 1_024;
/** spec/safety.md, Which dialect. */
const diallerWaitMs = 100;
const acceptorWaitMs = 1_000;
const patientWaitMs = 10_000;

export class Greeter {
  readonly #machines: Machines;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  /** A link opened. @returns whether there was room for it */
  opened(event: Extract<Event, { kind: 'linkOpened' }>, now: Milliseconds): boolean {
    const { links, ownAddress } = this.#machines;
    const isFar = event.dialled ? ownAddress.isFar(event.address) : ownAddress.isOnion;
    return links.opened(event, { waitMs: this.#waitMs(event), isFar }, now);
  }

  /** Greets where the other has not spoken in time. Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { links, neighbours } = this.#machines;
    for (const link of links.dueToGreet(now)) {
      const { dialect, thin } = link.dialled ? neighbours.manner(link.address) : usual;
      links.greet(link, this.#greeting(thin), dialect ?? this.#configured, now);
    }
  }

  /**
   * The other's greeting came. Answers it if we have not spoken yet.
   * @returns the link, greeted now; undefined when it was closed, or its hello has to come first
   */
  greeted(link: OpenLink, greeting: Greeting, ours: boolean, now: Milliseconds): GreetedLink | undefined {
    const { links, neighbours, chain } = this.#machines;
    const { dialect } = link.session;
    if (dialect === undefined) return undefined;
    if (link.dialled) neighbours.spoke(link.address, dialect.name);
    const isForeign = !ours && isAnother(greeting, chain.shownRoot);
    const manner = link.dialled ? neighbours.manner(link.address) : usual;
    if (!ours && this.#needsUpgrade(link, dialect)) {
      link.phase = phaseOf(greeting, { ours, dialect, quiet: isForeign, now });
      links.close(link, 'no-upgrade: it does not offer the secure upgrade of this program, which this link needs');
      return undefined;
    }
    if (!link.session.hasGreeted) {
      if (link.dialled && !ours && this.#isLinked(greeting)) {
        neighbours.proven(link.address, keyHex(greeting.pubkey));
        links.close(link, 'this peer is linked already');
        return undefined;
      }
      links.greet(link, this.#greeting(isForeign), dialect.name, now);
      link.phase = phaseOf(greeting, { ours, dialect, quiet: isForeign, now });
      return this.#hello(link as GreetedLink, now);
    }
    link.phase = phaseOf(greeting, { ours, dialect, quiet: isForeign, now });
    if (isForeign === manner.thin) return this.#hello(link as GreetedLink, now);
    // It hangs up on what we have said, or would take us for one that holds nothing.
    links.close(link, isForeign ? 'its chain has another root' : 'its chain has no other root any more');
    if (link.dialled) neighbours.again(link.address, { ...neighbours.manner(link.address), thin: isForeign }, now);
    return undefined;
  }

  /** A link ended: before its greeting came, it may have been the manner of ours. */
  ended({ dialled, phase, session, address, carrier, root }: OpenLink, now: Milliseconds): void {
    const { neighbours, chain } = this.#machines;
    if (!dialled) return;
    const manner = neighbours.manner(address);
    if (phase.kind !== 'greeting') {
      const isNamed = phase.ours && !phase.quiet;
      if (isNamed || root === undefined || chain.root === undefined) return;
      // Where roots were another or one when the link began, and are not now, we come in the other way.
      const isForeign = root !== chain.root;
      if (phase.quiet !== isForeign) neighbours.again(address, { ...manner, thin: isForeign }, now);
      return;
    }
    if (session.failure?.code === 'own-key') return neighbours.leadsHere(address);
    const wasRefused = session.failure === undefined || session.failure.code === 'other-dialect';
    if (carrier === 'tcp' && session.hasGreeted && wasRefused && !manner.patient) {
      neighbours.again(address, { ...manner, dialect: undefined, patient: true }, now);
    }
  }

  /** What comes first on the link. @returns the link, if more may be said there already */
  #hello(link: GreetedLink, now: Milliseconds): GreetedLink | undefined {
    const { ours, dialect } = link.phase;
    // The reference ignores it. In `gcm-siv`, whose Version has no strings, everybody gets it.
    if (ours || dialect.name === 'gcm-siv') this.#machines.links.hello(link, now);
    return isGreeted(link) ? link : undefined;
  }

  /** Between tabs, and between a tab and a relay's own peer, there is nobody of the reference (spec/safety.md, Secure upgrade). */
  #needsUpgrade({ carrier }: OpenLink, { name }: Dialect): boolean {
    const isBetweenOurs = carrier === 'webrtc' || carrier === 'websocket';
    // Both send the configured dialect there, so `gcm-siv` was asked for: its own session stays.
    return this.#machines.config.requireUpgrade || (isBetweenOurs && name === 'cbc');
  }

  get #configured(): DialectName {
    const { wire } = this.#machines.config;
    return wire === 'auto' ? 'cbc' : wire;
  }

  #waitMs({ carrier, dialled, address }: Extract<Event, { kind: 'linkOpened' }>): Milliseconds {
    const { config, neighbours, ownAddress } = this.#machines;
    if (carrier !== 'tcp' && carrier !== 'bridge') return 0;
    if (!dialled) return ownAddress.isOnion ? patientWaitMs : acceptorWaitMs;
    // The bridge opens when the other has greeted, and lets nothing through before.
    if (carrier === 'bridge') return patientWaitMs;
    const { dialect, patient } = neighbours.manner(address);
    if (patient) return patientWaitMs;
    if (dialect !== undefined || config.wire !== 'auto') return 0;
    return ownAddress.isFar(address) ? patientWaitMs : diallerWaitMs;
  }

  #isLinked({ pubkey }: Greeting): boolean {
    const hex = keyHex(pubkey);
    // Anybody can show any key in a greeting, and would keep us from whoever has it.
    return this.#machines.links.proven.some(({ phase }) => phase.hex === hex);
  }

  /** @param thin as one that holds nothing and is known to nobody */
  #greeting(thin: boolean): Greeting {
    const { config, publicKey, chain, members, ownAddress } = this.#machines;
    const { shown } = chain;
    const held = thin ? undefined : shown;
    return {
      pubkey: publicKey,
      listen: thin ? unreachableAddress : ownAddress.listen,
      root: held === undefined ? undefined : chain.shownRoot,
      last: held?.block.hash,
      count: BigInt(held === undefined ? 0 : held.height + 1),
      thin: thin || config.thin,
      version: { ...wireVersion, target: '', branch: config.network, commit: oursCommit },
      known: thin ? [] : members.knownKeys().slice(0, mostKnown),
    };
  }
}

const usual: Pick<Manner, 'dialect' | 'thin'> = { dialect: undefined, thin: false };

function isAnother({ root }: Greeting, own: Greeting['root']): boolean {
  return root !== undefined && own !== undefined && root.some((byte, place) => byte !== own[place]);
}

function phaseOf(
  greeting: Greeting,
  {
    ours,
    dialect,
    quiet,
    now,
  }: { readonly ours: boolean; readonly dialect: Dialect; readonly quiet: boolean; readonly now: Milliseconds },
): GreetedLink['phase'] {
  const { pubkey } = greeting;
  return { kind: 'greeted', greeting, key: pubkey, hex: keyHex(pubkey), ours, dialect, quiet, since: now };
}
