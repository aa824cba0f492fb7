/**
 * The wire's types in the words of the npm package `borsh`, which serves as oracle for our own codec.
 *
 * It is no judge of malformed bytes (it takes trailing ones, and any byte but 0 for true), only of what a value's bytes
 * are. Layouts: spec/wire.md.
 */
import { type Schema, serialize } from 'borsh';
import type { Block } from '../../core/chain/block.ts';
import type { Data } from '../../core/chain/data.ts';
import type { DialectName } from '../../core/wire/dialect.ts';
import type { Message } from '../../core/wire/messages.ts';

const fixed = (len: number): Schema => ({ array: { type: 'u8', len } });
const key = fixed(33);
const hash = fixed(32);
const signature = fixed(64);
const bytes: Schema = { array: { type: 'u8' } };

const data: Schema = { struct: { data: bytes, author: key, sign: signature } };
const block: Schema = {
  struct: {
    parent: { option: hash },
    hash,
    data: { array: { type: data } },
    nextChoices: { array: { type: key } },
    author: key,
    sign: signature,
  },
};
const versionNumbers = { major: 'u16', minor: 'u16', patch: 'u16' } as const;
const greetingStart = {
  pubkey: key,
  listen: 'string',
  root: { option: hash },
  last: { option: hash },
  count: 'u64',
  thin: 'bool',
} as const;
const cbcVersion = { struct: { ...versionNumbers, target: 'string', branch: 'string', commit: 'string' } } as const;
const keys = { array: { type: key } };
const neighbours = { array: { type: { struct: { 0: key, 1: 'string' } } } } as const;

const cbcGreeting: Schema = { struct: { greeting: { struct: { ...greetingStart, version: cbcVersion } } } };
const gcmSivGreeting: Schema = {
  struct: { greeting: { struct: { ...greetingStart, version: { struct: versionNumbers }, known: keys } } },
};
const keepAlive: Schema = { struct: { keepAlive: { struct: { pubkey: key, count: 'u64', sign: signature } } } };
const common: Schema[] = [
  { struct: { shareData: { struct: { data } } } },
  { struct: { requestBlocks: { struct: { start: { option: hash } } } } },
  { struct: { requestedBlock: { struct: { block } } } },
  { struct: { shareBlock: { struct: { block } } } },
  { struct: { requestNeighbours: { struct: { count: 'u32', exclude: keys } } } },
  { struct: { introduceNeighbours: { struct: { neighbours } } } },
];
const presence: Schema[] = [
  { struct: { announce: { struct: { pubkey: key } } } },
  { struct: { leave: { struct: { pubkey: key } } } },
];
/** Variants stand by their place. */
const messages: Readonly<Record<DialectName, Schema>> = {
  cbc: { enum: [cbcGreeting, keepAlive, ...common] } as Schema,
  'gcm-siv': { enum: [gcmSivGreeting, ...common, ...presence] } as Schema,
};

export function oracleMessage(value: Message, dialect: DialectName): Uint8Array {
  const { kind, ...fields } = value;
  return serialize(messages[dialect], { [kind]: plain(fields) });
}

export function oracleBlock(value: Block): Uint8Array {
  return serialize(block, plain(value));
}

export function oracleData(value: Data): Uint8Array {
  return serialize(data, plain(value));
}

/** One value of a plain schema. */
export function oracle(schema: Schema, value: unknown): Uint8Array {
  return serialize(schema, plain(value));
}

/** Arrays for bytes and null for undefined: the package's own forms. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
