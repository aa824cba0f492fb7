/**
 * Blocks that no honest author can have made, in twenty classes, against one honest peer: how many it takes, and how many
 * it passes on to a neighbour that listens.
 *
 * One attacker for each class sends them, by turns as news and as what was asked for. Bodies cut anew are no class here:
 * hash and signature of such a block are right, so it is suspect, not invalid (spec/safety.md, Blocks 2 and 4).
 */
import { type Block, encodeBlock } from '../../core/chain/block.ts';
import { createData } from '../../core/chain/data.ts';
import { bytesToHex, equalBytes } from '../../core/codec/bytes.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import type { Hash, PublicKey, SecretKey, Signature } from '../../core/crypto/keys.ts';
import type { LinkId } from '../../core/events.ts';
import type { Message } from '../../core/wire/messages.ts';
import type { Seeded } from '../model/seeded.ts';
import { Attacker, tab } from './attackers/attacker.ts';
import { keysOfNobody, signedBlock } from './attackers/forging.ts';
import { forgeChain, give } from './forge.ts';
import { loopback } from './network.ts';
import { Simulator } from './simulator.ts';

export interface MutantResult {
  readonly name: string;
  readonly sent: number;
  readonly accepted: number;
  readonly relayed: number;
}

/** A block and another of the same author, both right, to be spoilt. */
interface Material {
  readonly block: Block;
  readonly other: Block;
  /** Of the block's signature by somebody else. */
  readonly strangersSign: Signature;
  readonly seeded: Seeded;
}

type Spoil = (material: Material) => Partial<Block>;

const flipped = <T extends Uint8Array>({ seeded }: Material, bytes: T): T => {
  const copy = bytes.slice();
  const place = seeded.below(copy.length);
  copy[place] = (copy[place] ?? 0) ^ (1 << seeded.below(8));
  return copy as T;
};

export const mutantClasses: Readonly<Record<string, Spoil>> = {
  'a bit of the hash field': (material) => ({ hash: flipped(material, material.block.hash) }),
  'any hash field': ({ seeded }) => ({ hash: seeded.bytes(32) as Hash }),
  'the parent’s hash for its own': ({ block }) => ({ hash: block.parent as Hash }),
  'another block’s hash': ({ other }) => ({ hash: other.hash }),
  'a bit of the signature': (material) => ({ sign: flipped(material, material.block.sign) }),
  'any signature': ({ seeded }) => ({ sign: seeded.bytes(64) as Signature }),
  'the signature of another block of its author': ({ other }) => ({ sign: other.sign }),
  'somebody else’s signature': ({ strangersSign }) => ({ sign: strangersSign }),
  'another author': ({ block }) => ({ author: block.nextChoices[0] as PublicKey }),
  'the other parity of its author': ({ block: { author } }) => {
    const other = author.slice();
    other[0] = author[0] === 2 ? 3 : 2;
    return { author: other as PublicKey };
  },
  'another parent': (material) => ({ parent: flipped(material, material.block.parent as Hash) }),
  'no parent': () => ({ parent: undefined }),
  'an item less': ({ block }) => ({ data: block.data.slice(1) }),
  'an item more': ({ block, other }) => ({ data: [...block.data, ...other.data.slice(0, 1)] }),
  'its items in another order': ({ block }) => ({ data: block.data.toReversed() }),
  'an item twice': ({ block }) => ({ data: [...block.data, ...block.data.slice(0, 1)] }),
  'a bit of an item': (material) => {
    const [first, ...rest] = material.block.data;
    return first === undefined ? {} : { data: [{ ...first, data: flipped(material, first.data) }, ...rest] };
  },
  'a candidate more': ({ block }) => ({ nextChoices: [...block.nextChoices, block.author] }),
  'a candidate less': ({ block }) => ({ nextChoices: block.nextChoices.slice(1) }),
  'its candidates in another order': ({ block }) => ({ nextChoices: block.nextChoices.toReversed() }),
};

const stepMs = 100;
const sentInStep = 25;
const history = 8;

class Sender extends Attacker {
  sent = 0;
  readonly bodies = new Set<string>();

  /** @returns how many of the blocks left: none while no link is open */
  offer(blocks: readonly Block[]): number {
    const [link] = this.sessions.keys();
    if (link === undefined) return 0;
    for (const block of blocks) {
      this.bodies.add(bodyOf(block));
      this.send(link, { kind: this.sent++ % 2 === 0 ? 'shareBlock' : 'requestedBlock', block });
    }
    return blocks.length;
  }
}

/** Takes what the peer passes on. */
class Listener extends Attacker {
  readonly bodies = new Set<string>();

  protected override hear(_link: LinkId, message: Message): void {
    if (message.kind === 'shareBlock' || message.kind === 'requestedBlock') this.bodies.add(bodyOf(message.block));
  }
}

/** @param each mutants of each class */
export function sendMutants(seed: number, each: number): MutantResult[] {
  const simulator = new Simulator({ seed, conditions: loopback, leastWitnessedBytes: Number.POSITIVE_INFINITY });
  const author = simulator.newSecret();
  const chain = forgeChain(simulator.world, { blocks: history, authors: [author] });
  const victim = simulator.prepare();
  give(victim, chain);
  victim.start();
  const listener = new Listener(simulator, tab);
  listener.attack([victim]);
  const senders = Object.entries(mutantClasses).map(([name, spoil]) => ({
    name,
    spoil,
    from: new Sender(simulator, tab),
  }));
  for (const { from } of senders) from.attack([victim]);
  simulator.run(1_000);
  while (senders.some(({ from }) => from.sent < each)) {
    for (const { spoil, from } of senders) {
      const count = Math.min(sentInStep, each - from.sent);
      from.offer(Array.from({ length: count }, () => mutant(simulator, author, chain.at(-1)?.hash, spoil)));
    }
    simulator.run(stepMs);
  }
  simulator.run(10_000);
  const held = new Set(victim.delivered.chain.map(({ block }) => bodyOf(block)));
  return senders.map(({ name, from: { sent, bodies } }) => ({
    name,
    sent,
    accepted: [...bodies].filter((body) => held.has(body)).length,
    relayed: [...bodies].filter((body) => listener.bodies.has(body)).length,
  }));
}

function mutant(simulator: Simulator, author: SecretKey, parent: Hash | undefined, spoil: Spoil): Block {
  const { world, seeded } = simulator;
  const { curve } = world.crypto;
  const child = (): Block => {
    const data = [0, 1].map(() => createData(curve, seeded.random, curve.publicKey(author), author, seeded.bytes(20)));
    return signedBlock(world, author, { parent, data, nextChoices: keysOfNobody(world, 3) });
  };
  const [block, other] = [child(), child()];
  const strangersSign = curve.sign(block.hash, simulator.newSecret(), seeded.bytes(32));
  const changed = { ...block, ...spoil({ block, other, strangersSign, seeded }) };
  return equalBytes(encodeBlock(changed), encodeBlock(block)) ? { ...block, hash: seeded.bytes(32) as Hash } : changed;
}

function bodyOf(block: Block): string {
  return bytesToHex(sha256(encodeBlock(block)));
}
