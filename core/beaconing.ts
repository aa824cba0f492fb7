/**
 * Beacons between neighbours: ours when it is time, those that came on their way to the others, and what a new neighbour
 * is told (spec/safety.md, Presence that does not grow).
 *
 * Joins what decides of beacons (network/beacons.ts) with links and members. Only ours are sent any.
 */
import type { Milliseconds } from './config.ts';
import type { LinkId, RequestId } from './events.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/open-link.ts';
import type { Beacon, CarriedBeacon } from './wire/beacon.ts';
import { extensionSaying } from './wire/carrier.ts';

export class Beaconing {
  readonly #machines: Machines;
  /** As many as beacons.ts has under check. */
  readonly #checking = new Map<RequestId, { readonly beacon: CarriedBeacon; readonly link: LinkId }>();

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  arrived({ id, phase }: GreetedLink, beacon: CarriedBeacon, now: Milliseconds): void {
    const { beacons, effects } = this.#machines;
    if (!phase.ours) return;
    const check = beacons.check(beacon, id, now);
    if (check === undefined) return;
    const request = effects.nextRequest();
    this.#checking.set(request, { beacon, link: id });
    effects.put({ kind: 'verify', request, checks: [check] });
  }

  /** A beacon's signature was checked. @returns whether this request was one */
  verified(request: RequestId, held: boolean, now: Milliseconds): boolean {
    const checked = this.#checking.get(request);
    if (checked === undefined) return false;
    this.#checking.delete(request);
    const { beacons, links } = this.#machines;
    const heard = beacons.checked(checked.beacon, held, now);
    if (heard.kind === 'passOn') this.#say(checked.beacon, heard.except);
    const link = links.link(checked.link);
    // Everybody of ours checks what it passes on.
    if (heard.kind === 'forged' && link !== undefined) links.close(link, 'bad-beacon: its signature does not hold');
    return true;
  }

  /**
   * Of the newest beacons those of keys that are known here, with their age; the neighbour's own too, for whoever counts
   * less than that is believed by nobody.
   * @param most of them @returns how many were sent
   */
  tell(link: GreetedLink, most: number, now: Milliseconds): number {
    const { members, links } = this.#machines;
    const told = members.beacons(most);
    const its = members.beaconOf(link.phase.key);
    // An age of 0 would be a beacon that was made just now.
    const saying = (newest: Beacon, ageMs: Milliseconds) =>
      extensionSaying({ kind: 'beacon', ...newest, ageMs: Math.max(1, Math.round(ageMs)) });
    if (its !== undefined) links.send(link, saying(its, 1), 'kept');
    for (const { newest, madeAt } of told) {
      if (newest !== its) links.send(link, saying(newest, now - madeAt), 'droppable');
    }
    return told.length;
  }

  ended(link: LinkId): void {
    this.#machines.beacons.ended(link);
  }

  /** Ours, when it is time. Called at the end of every event. */
  advance(now: Milliseconds): void {
    const { beacons, members, chain } = this.#machines;
    const nextChoices = chain.tree.tip?.block.nextChoices ?? [];
    const own = beacons.due({ known: members.known.size, tip: chain.shown?.block.hash, nextChoices }, now);
    if (own !== undefined) this.#say(own, new Set());
  }

  #say(beacon: Beacon, except: ReadonlySet<LinkId>): void {
    const { links } = this.#machines;
    const others = links.greeted().filter(({ phase }) => !phase.ours);
    const unsaid = new Set([...except, ...others.map(({ id }) => id)]);
    links.broadcast(extensionSaying({ kind: 'beacon', ...beacon, ageMs: 0 }), 'droppable', unsaid);
  }
}
