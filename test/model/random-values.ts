/**
 * Random values of the wire's types, from a seed. Their bytes are well formed; their keys and signatures mean nothing.
 */
import type { Block } from '../../core/chain/block.ts';
import type { Data } from '../../core/chain/data.ts';
import type { Hash, PublicKey, Signature } from '../../core/crypto/keys.ts';
import type { DialectName } from '../../core/wire/dialect.ts';
import type { Greeting, Message } from '../../core/wire/messages.ts';
import { secondVariants } from './second-decoder.ts';
import type { Seeded } from './seeded.ts';

/** What each dialect can say, in the order of its variants. */
export const messageKinds: Readonly<Record<DialectName, readonly Message['kind'][]>> = secondVariants;

export function randomMessage(
  seeded: Seeded,
  dialect: DialectName,
  kind: Message['kind'] = seeded.pick(messageKinds[dialect]),
): Message {
  switch (kind) {
    case 'greeting':
      return { kind, ...randomGreeting(seeded, dialect) };
    case 'keepAlive':
      return { kind, pubkey: randomKey(seeded), count: seeded.u64(), sign: randomSignature(seeded) };
    case 'shareData':
      return { kind, data: randomData(seeded) };
    case 'requestBlocks':
      return { kind, start: randomOption(seeded, randomHash) };
    case 'requestedBlock':
    case 'shareBlock':
      return { kind, block: randomBlock(seeded) };
    case 'requestNeighbours':
      return { kind, count: seeded.u32(), exclude: randomList(seeded, 4, randomKey) };
    case 'introduceNeighbours':
      return { kind, neighbours: randomList(seeded, 4, (from) => [randomKey(from), randomText(from)] as const) };
    case 'announce':
    case 'leave':
      return { kind, pubkey: randomKey(seeded) };
  }
}

/** With nothing that the dialect has no place for. */
export function randomGreeting(seeded: Seeded, dialect: DialectName): Greeting {
  const text = (): string => (dialect === 'cbc' ? randomText(seeded) : '');
  return {
    pubkey: randomKey(seeded),
    listen: randomText(seeded),
    root: randomOption(seeded, randomHash),
    last: randomOption(seeded, randomHash),
    count: seeded.u64(),
    thin: seeded.chance(0.5),
    version: {
      major: seeded.below(65_536),
      minor: seeded.below(65_536),
      patch: seeded.below(65_536),
      target: text(),
      branch: text(),
      commit: text(),
    },
    known: dialect === 'cbc' ? [] : randomList(seeded, 4, randomKey),
  };
}

export function randomBlock(seeded: Seeded): Block {
  return {
    parent: randomOption(seeded, randomHash),
    hash: randomHash(seeded),
    data: randomList(seeded, 3, randomData),
    nextChoices: randomList(seeded, 3, randomKey),
    author: randomKey(seeded),
    sign: randomSignature(seeded),
  };
}

export function randomData(seeded: Seeded): Data {
  const data = seeded.bytes(seeded.below(40));
  return { data, author: randomKey(seeded), sign: randomSignature(seeded) };
}

/** 33 bytes, any of them. */
export function randomKey(seeded: Seeded): PublicKey {
  return seeded.bytes(33) as PublicKey;
}

export function randomHash(seeded: Seeded): Hash {
  return seeded.bytes(32) as Hash;
}

export function randomSignature(seeded: Seeded): Signature {
  return seeded.bytes(64) as Signature;
}

/** Characters of one to four bytes. */
export function randomText(seeded: Seeded): string {
  const ranges = [
    [0x00, 0x7f],
    [0x80, 0x7ff],
    [0x800, 0xd7ff],
    [0xe000, 0xffff],
    [0x10000, 0x10ffff],
  ] as const;
  const points = Array.from({ length: seeded.below(12) }, () => {
    const [least, most] = seeded.pick(ranges);
    return seeded.between(least, most);
  });
  return String.fromCodePoint(...points);
}

function randomOption<T>(seeded: Seeded, value: (from: Seeded) => T): T | undefined {
  return seeded.chance(0.5) ? value(seeded) : undefined;
}

function randomList<T>(seeded: Seeded, most: number, value: (from: Seeded) => T): T[] {
  return Array.from({ length: seeded.below(most + 1) }, () => value(seeded));
}
