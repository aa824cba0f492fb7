/**
 * What one neighbour costs: bytes, messages and signature checks, each with an allowance that fills up again.
 *
 * Past it what is said again by itself, or what others pass on too, is dropped and counted until there is allowance again;
 * a block only when it is far past it, for blocks that are lacking are asked for. What we have asked for costs nothing,
 * nor does what turns out to be of use, so an honest neighbour that sends hundreds of blocks a second is never cut. Only
 * what the neighbour itself must have made ends its link: one of ours passes on nothing whose signature it has not
 * checked. A reference peer does, so what it relays is counted and no more (spec/safety.md, Frames and sessions).
 */
import type { Milliseconds } from '../config.ts';
import type { Message } from '../wire/messages.ts';

type Resource = 'bytes' | 'messages' | 'checks' | 'introductions';
type Costs = Readonly<Record<Resource, number>>;

/** What may come at once. A network of 1,000 floods 1,700 KeepAlives a second by each link at the default settings. */
export const allowance: Costs = { bytes: 64 * 1024 * 1024, messages: 20_000, checks: 20_000, introductions: 8 };
/** What comes back each second. A neighbour is asked for others every 10 s, and a room tells by itself. */
export const refillEachSecond: Costs = { bytes: 8 * 1024 * 1024, messages: 4_000, checks: 3_000, introductions: 0.5 };
/** So many allowances in debt even blocks nobody asked for are dropped. */
const mostDebt = 2;
/** False signatures and false hashes of a neighbour of ours, one of which is forgotten every 10 s. */
export const mostViolations = 8;
const violationForgottenMs = 10_000;
const resources = Object.keys(allowance) as Resource[];

export class Account {
  /** Messages that were dropped since the link opened. */
  dropped = 0;
  /** What was false of what it brought, since the link opened. */
  falsehoods = 0;
  readonly #left: Record<Resource, number> = { ...allowance };
  #filledAt: Milliseconds;
  #violations = 0;
  #violatedAt: Milliseconds;

  constructor(now: Milliseconds) {
    this.#filledAt = now;
    this.#violatedAt = now;
  }

  /**
   * A message came.
   * @param bytes of its frame @param asked whether we have asked for it
   * @returns whether it is to be looked at
   */
  admits(message: Message, bytes: number, asked: boolean, now: Milliseconds): boolean {
    if (asked) return true;
    this.#fill(now);
    const least = message.kind === 'shareBlock' || message.kind === 'requestedBlock' ? -mostDebt : 0;
    const isAdmitted = resources.every((resource) => this.#left[resource] > least * allowance[resource]);
    // What is dropped costs its bytes all the same; where there is no allowance left it makes the debt no greater.
    if (isAdmitted) this.#take(costOf(message, bytes));
    else this.dropped++;
    return isAdmitted;
  }

  /** A block it sent was taken: it costs nothing after all. */
  useful(checks: number, bytes: number): void {
    this.#take({ bytes: -bytes, messages: -1, checks: -checks, introductions: 0 });
  }

  /**
   * Something it brought is false in itself, whoever made it.
   * @param own whether only the neighbour itself can have made it @returns whether its link is to be closed
   */
  falsehood(own: boolean, now: Milliseconds): boolean {
    this.falsehoods++;
    if (!own) return false;
    const forgotten = Math.floor((now - this.#violatedAt) / violationForgottenMs);
    this.#violations = Math.max(0, this.#violations - forgotten) + 1;
    this.#violatedAt += forgotten * violationForgottenMs;
    return this.#violations >= mostViolations;
  }

  #fill(now: Milliseconds): void {
    const seconds = Math.max(0, now - this.#filledAt) / 1_000;
    this.#filledAt = now;
    for (const resource of resources) {
      const filled = this.#left[resource] + seconds * refillEachSecond[resource];
      this.#left[resource] = Math.min(allowance[resource], filled);
    }
  }

  #take(costs: Costs): void {
    for (const resource of resources) {
      this.#left[resource] = Math.min(allowance[resource], this.#left[resource] - costs[resource]);
    }
  }
}

/** Signature checks it may ask for, at most: what is known already is not checked again. */
function costOf(message: Message, bytes: number): Costs {
  const cost = { bytes, messages: 1, checks: 0, introductions: 0 };
  switch (message.kind) {
    case 'keepAlive':
    case 'shareData':
      return { ...cost, checks: 1 };
    case 'shareBlock':
    case 'requestedBlock':
      return { ...cost, checks: 1 + message.block.data.length };
    case 'requestNeighbours':
      // The extension carrier, most of whose messages are signed.
      return { ...cost, checks: message.count === 0 ? 1 : 0 };
    case 'introduceNeighbours':
      return { ...cost, introductions: 1 };
    default:
      return cost;
  }
}
