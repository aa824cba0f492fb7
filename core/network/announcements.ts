/**
 * What neighbours that speak `gcm-siv` are told of who comes and goes: Announce and Leave, dampened (spec/safety.md,
 * Leave).
 *
 * What was seen on a link of our own is passed on at once. Of what was only heard each key changes at most once in
 * 10 s; a change within them waits, and the state then held is told if it is another than the last one told. So waves
 * of Announce and Leave that chase each other, as among reference peers, end here. Decides nothing about who is online.
 */
import type { Milliseconds } from '../config.ts';
import { keyHex, type PublicKey, type PublicKeyHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import { type Random, randomBelow } from '../random.ts';
import type { MemberChange } from './known-keys.ts';
import type { Members } from './members.ts';

export interface Announcement {
  readonly kind: 'announce' | 'leave';
  readonly pubkey: PublicKey;
  /** Who told us. */
  readonly except: LinkId | undefined;
}

interface Told {
  readonly key: PublicKey;
  isHere: boolean;
  at: Milliseconds;
  /** When the state then held is looked at again. */
  again: Milliseconds | undefined;
}

const dampMs = 10_000;
/** A Leave about oneself or a neighbour is answered, but never at once (spec/safety.md, Leave). */
const answerMs = { least: 3_000, most: 6_000 };
/** As many keys as can be known (members.ts). */
const mostTold = 4_096;
const mostAnswers = 64;

export class Announcements {
  readonly #own: PublicKey;
  readonly #members: Members;
  readonly #random: Random;
  readonly #told = new Map<PublicKeyHex, Told>();
  /** Those of them that are looked at again. */
  readonly #waiting = new Set<Told>();
  readonly #answers = new Map<PublicKeyHex, { readonly key: PublicKey; readonly at: Milliseconds }>();

  constructor(own: PublicKey, members: Members, random: Random) {
    this.#own = own;
    this.#members = members;
    this.#random = random;
  }

  /** What is to be told of these changes now. */
  changed(changes: readonly MemberChange[], now: Milliseconds): Announcement[] {
    const announcements: Announcement[] = [];
    for (const { key, isHere, seen, link } of changes) {
      const told = this.#toldOf(key, now);
      // That somebody has gone, and we have seen it, is told though we have told nobody that he was here: others may have.
      if (told.isHere === isHere && (isHere || !seen)) {
        told.again = undefined;
        continue;
      }
      if (seen || now >= told.at + dampMs) announcements.push(this.#tell(told, isHere, link, now));
      else {
        told.again = told.at + dampMs;
        this.#waiting.add(told);
      }
    }
    return announcements;
  }

  /** Somebody says that this key has gone, which we know better. */
  contradict(key: PublicKey, now: Milliseconds): void {
    const hex = keyHex(key);
    if (this.#answers.has(hex) || this.#answers.size >= mostAnswers) return;
    const at = now + answerMs.least + randomBelow(this.#random, answerMs.most - answerMs.least);
    this.#answers.set(hex, { key, at });
  }

  /** What has waited and is to be told now. */
  due(now: Milliseconds): Announcement[] {
    const announcements: Announcement[] = [];
    for (const told of this.#waiting) {
      if (told.again === undefined) this.#waiting.delete(told);
      if (told.again === undefined || told.again > now) continue;
      told.again = undefined;
      this.#waiting.delete(told);
      const isHere = this.#members.isKnown(told.key);
      if (isHere !== told.isHere) announcements.push(this.#tell(told, isHere, undefined, now));
    }
    for (const [hex, { key, at }] of this.#answers) {
      if (at > now) continue;
      this.#answers.delete(hex);
      const isHere = hex === keyHex(this.#own) || this.#members.isKnown(key);
      if (isHere) announcements.push({ kind: 'announce', pubkey: key, except: undefined });
    }
    return announcements;
  }

  get deadline(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    const look = (at: Milliseconds | undefined): void => {
      if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
    };
    for (const { again } of this.#waiting) look(again);
    for (const { at } of this.#answers.values()) look(at);
    return earliest;
  }

  #tell(told: Told, isHere: boolean, except: LinkId | undefined, now: Milliseconds): Announcement {
    told.isHere = isHere;
    told.at = now;
    told.again = undefined;
    return { kind: isHere ? 'announce' : 'leave', pubkey: told.key, except };
  }

  /** Of a key nothing was ever told about, nobody believes that it is here. */
  #toldOf(key: PublicKey, now: Milliseconds): Told {
    const hex = keyHex(key);
    const held = this.#told.get(hex);
    if (held !== undefined) return held;
    if (this.#told.size >= mostTold) this.#forgetOne();
    const told: Told = { key, isHere: false, at: now - dampMs, again: undefined };
    this.#told.set(hex, told);
    return told;
  }

  /** One that is not here and about which nothing is left to say; else the first of all. */
  #forgetOne(): void {
    for (const [hex, { isHere, again }] of this.#told) {
      if (!isHere && again === undefined) {
        this.#told.delete(hex);
        return;
      }
    }
    for (const [hex, told] of this.#told) {
      this.#told.delete(hex);
      this.#waiting.delete(told);
      return;
    }
  }
}
