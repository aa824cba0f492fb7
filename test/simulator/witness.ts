/**
 * What is seen while a simulation runs, held against the rules at once: every frame an honest peer sends, every block it
 * signs, everything it delivers to its application.
 *
 * It opens frames with the secrets of both sides, which no peer could, and reads them with the second decoder: what that
 * does not read is wrong. It judges by its own few lines, not by the core's: a block is right when its hash is that of
 * its content and its author signed it; an item when its author signed it.
 */
import { type Block, blockHash, decodeBlock } from '../../core/chain/block.ts';
import { type Data, dataCheck, decodeData } from '../../core/chain/data.ts';
import { bytesToHex, equalBytes, hexToBytes } from '../../core/codec/bytes.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import { type Hash, type HashHex, hashHex, holderOf, isPublicKey, type PublicKey } from '../../core/crypto/keys.ts';
import { SecondLink, type SecondSide } from '../model/second-upgrade.ts';
import type { SimulatedCrypto } from './crypto.ts';
import type { End } from './wires.ts';

export interface Sighting {
  readonly block: Block;
  /** Why nobody may pass it on; undefined when it is right. */
  readonly wrong: string | undefined;
  /** One for each item. */
  readonly itemsHold: readonly boolean[];
}

/** Who sends a frame. */
export interface Sender {
  readonly name: string;
  /** Whether this block is its own and not on its disk yet. */
  isUnstored(hash: Hash): boolean;
}

export class Witness {
  /** What broke a rule, in the order in which it was seen. */
  readonly violations: string[] = [];
  readonly #crypto: SimulatedCrypto;
  /** Frames shorter than this are not opened. */
  readonly #leastFrameBytes: number;
  readonly #bodies = new Map<string, Sighting>();
  /** By author and parent: the first child that left its author. */
  readonly #children = new Map<string, HashHex>();
  readonly #items = new Map<string, boolean>();
  readonly #hostile = new Set<string>();
  /** By either end. */
  readonly #links = new WeakMap<End, SecondLink>();
  /** How many of the frames that an end has begun with were read. */
  readonly #heard = new WeakMap<End, number>();

  /** @param leastFrameBytes a KeepAlive's frame is 132 bytes, a block's at least 270: opening all takes twice the time */
  constructor(crypto: SimulatedCrypto, leastFrameBytes: number) {
    this.#crypto = crypto;
    this.#leastFrameBytes = leastFrameBytes;
  }

  /** An identity that does not keep the rules: what it signs proves nothing about ours. */
  distrust(key: PublicKey): void {
    this.#hostile.add(holderOf(key));
  }

  report(who: string, what: string): void {
    this.violations.push(`${who}: ${what}`);
  }

  /** A frame that an honest peer sends, told before it leaves. */
  sent(sender: Sender, end: End, frame: Uint8Array): void {
    const link = this.#links.get(end) ?? this.#newLink(end);
    this.#listen(link, end.other);
    if (frame.length < this.#leastFrameBytes && link.hasBegun(sideOf(end))) return link.leaveOut(sideOf(end));
    this.#heard.set(end, (this.#heard.get(end) ?? 0) + 1);
    const read = this.#read(sender, () => link.read(sideOf(end), frame));
    if (read === undefined) return;
    const { message, payload } = read;
    // Behind the variant: what the message holds is read again as the core reads it, for its types.
    if (message.type === 'shareData') this.#sentData(sender.name, payload.slice(1));
    else if (message.type === 'shareBlock' || message.type === 'requestedBlock')
      this.#sentBlock(sender, payload.slice(1));
  }

  /** Each body is judged once. */
  sighted(bytes: Uint8Array): Sighting {
    const name = bytesToHex(sha256(bytes));
    const known = this.#bodies.get(name);
    if (known !== undefined) return known;
    const block = decodeBlock(bytes);
    const { hash, author, sign } = block;
    const holds = isPublicKey(author) && this.#crypto.verify({ key: author, digest: hash, signature: sign });
    const wrong = !equalBytes(blockHash(block), hash) ? 'a wrong hash' : holds ? undefined : 'a wrong signature';
    const sighting = { block, wrong, itemsHold: block.data.map((item) => this.#itemHolds(item)) };
    this.#bodies.set(name, sighting);
    return sighting;
  }

  #newLink(end: End): SecondLink {
    const keyOf = (hex: string) => hexToBytes(hex) as PublicKey;
    const link = new SecondLink((one, other) => this.#crypto.agreed(keyOf(one), keyOf(other)));
    for (const side of [end, end.other]) this.#links.set(side, link);
    return link;
  }

  /** What the other side has begun with is needed too, and it may be one that does not tell: a reference peer, an attacker. */
  #listen(link: SecondLink, end: End): void {
    for (const frame of end.begun.slice(this.#heard.get(end) ?? 0)) {
      this.#heard.set(end, (this.#heard.get(end) ?? 0) + 1);
      try {
        link.read(sideOf(end), frame);
      } catch {
        // Whoever it is may send what it likes.
      }
    }
  }

  #sentBlock(sender: Sender, bytes: Uint8Array): void {
    const { name: who } = sender;
    const { block, wrong } = this.sighted(bytes);
    if (wrong !== undefined) {
      this.report(who, `passed on a block with ${wrong}`);
      return;
    }
    if (sender.isUnstored(block.hash)) this.report(who, 'sent a block of its own before it was stored');
    const holder = holderOf(block.author);
    if (this.#hostile.has(holder)) return;
    const place = `${holder} ${block.parent === undefined ? 'first' : hashHex(block.parent)}`;
    const hash = hashHex(block.hash);
    const before = this.#children.get(place) ?? hash;
    this.#children.set(place, before);
    if (before !== hash) this.report(who, `two children of one block by ${holder.slice(0, 8)} are about`);
  }

  #sentData(who: string, bytes: Uint8Array): void {
    if (!this.#itemHolds(decodeData(bytes))) this.report(who, 'passed on a forged item');
  }

  #read<T>({ name }: Sender, attempt: () => T): T | undefined {
    try {
      return attempt();
    } catch (error) {
      this.report(name, `sent a frame that the second decoder does not read: ${String(error)}`);
      return undefined;
    }
  }

  #itemHolds(item: Data): boolean {
    const name = bytesToHex(item.sign) + bytesToHex(item.author) + bytesToHex(sha256(item.data));
    const known = this.#items.get(name);
    if (known !== undefined) return known;
    const holds = isPublicKey(item.author) && this.#crypto.verify(dataCheck(item));
    this.#items.set(name, holds);
    return holds;
  }
}

function sideOf({ dialled }: End): SecondSide {
  return dialled ? 'dialler' : 'acceptor';
}
