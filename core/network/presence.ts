/**
 * Our own KeepAlives, and what happens to those of others: checked, remembered, passed on.
 *
 * Every `keep_alive` a peer that is not thin sends its own; a count that has risen is passed on to all but the sender
 * once its signature held (spec/wire.md, Messages). Our count is the greatest of Unix time, the last one sent + 1, and
 * any higher one of our own key heard back + 1 (spec/safety.md, Who is online), so a reload never falls behind.
 * `members.ts` remembers; the caller sends.
 */
import { encode, u64 } from '../codec/codec.ts';
import type { Milliseconds } from '../config.ts';
import type { Curve, SignatureCheck } from '../crypto/curve.ts';
import { sha256 } from '../crypto/hash.ts';
import { holderOf, isPublicKey, isSameHolder, type PublicKey, type SecretKey, signatureHex } from '../crypto/keys.ts';
import type { LinkId } from '../events.ts';
import type { Random } from '../random.ts';
import type { KeepAlive } from '../wire/messages.ts';
import type { Members } from './members.ts';

export interface PresenceOptions {
  readonly curve: Curve;
  readonly random: Random;
  readonly secret: SecretKey;
  readonly publicKey: PublicKey;
  readonly thin: boolean;
  readonly keepAliveMs: Milliseconds;
}

/** KeepAlives being checked at one time. */
const mostChecking = 1_024;

export class Presence {
  readonly #options: PresenceOptions;
  readonly #members: Members;
  /** The same one comes by many links. By its signature too, so that a forged one keeps no true one away. */
  readonly #checking = new Set<string>();
  #lastCount = 0n;
  #nextAt: Milliseconds;

  constructor(options: PresenceOptions, members: Members, startedAt: Milliseconds) {
    this.#options = options;
    this.#members = members;
    this.#nextAt = startedAt;
  }

  get deadline(): Milliseconds | undefined {
    return this.#options.thin ? undefined : this.#nextAt;
  }

  /** Our KeepAlive when it is time for one. @param isWanted whether any is to be sent at present */
  due(now: Milliseconds, isWanted: boolean): KeepAlive | undefined {
    if (this.#options.thin || now < this.#nextAt) return undefined;
    this.#nextAt = now + this.#options.keepAliveMs;
    return isWanted ? this.#sign(now) : undefined;
  }

  /** Our KeepAlive out of turn, for a link that has just been greeted. */
  fresh(now: Milliseconds): KeepAlive | undefined {
    return this.#options.thin ? undefined : this.#sign(now);
  }

  /** What must be checked before this KeepAlive counts; undefined when it is dropped unchecked. */
  check(keepAlive: KeepAlive): SignatureCheck | undefined {
    const { pubkey, count, sign } = keepAlive;
    if (count === 0n || !isPublicKey(pubkey)) return undefined;
    const known = this.#isOwn(pubkey) ? this.#lastCount : (this.#members.countOf(pubkey) ?? 0n);
    const name = nameOf(keepAlive);
    if (count <= known || this.#checking.has(name) || this.#checking.size >= mostChecking) return undefined;
    this.#checking.add(name);
    return { key: pubkey, digest: countDigest(count), signature: sign };
  }

  /** The check came back. @param link that brought it @returns whether the KeepAlive is to be passed on */
  checked(keepAlive: KeepAlive, held: boolean, now: Milliseconds, link?: LinkId): boolean {
    this.#checking.delete(nameOf(keepAlive));
    if (!held) return false;
    if (this.#isOwn(keepAlive.pubkey)) {
      if (keepAlive.count <= this.#lastCount) return false;
      this.#lastCount = keepAlive.count;
      // Nobody has believed what we said so far: the clock was set back.
      this.#nextAt = now;
      return false;
    }
    if (keepAlive.count <= (this.#members.countOf(keepAlive.pubkey) ?? 0n)) return false;
    this.#members.heard(keepAlive, now, link);
    return true;
  }

  #sign(now: Milliseconds): KeepAlive {
    const { curve, random, secret, publicKey } = this.#options;
    const time = BigInt(Math.max(1, Math.floor(now)));
    const count = time > this.#lastCount ? time : this.#lastCount + 1n;
    this.#lastCount = count;
    return { pubkey: publicKey, count, sign: curve.sign(countDigest(count), secret, random(32)) };
  }

  #isOwn(key: PublicKey): boolean {
    return isSameHolder(key, this.#options.publicKey);
  }
}

function nameOf({ pubkey, count, sign }: KeepAlive): string {
  return `${holderOf(pubkey)} ${count} ${signatureHex(sign)}`;
}

/** SHA-256(count as 8 bytes): what a KeepAlive signs. */
function countDigest(count: bigint) {
  return sha256(encode(u64, count));
}
