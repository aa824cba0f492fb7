/**
 * The vectors of test/vectors as the tests read them, and the form their messages have.
 *
 * Hex strings for bytes, `type` for the variant, numbers for counts: what test/vectors/README.md calls a message's
 * meaning.
 */
import { readFileSync } from 'node:fs';
import type { Block } from '../../core/chain/block.ts';
import type { Data } from '../../core/chain/data.ts';
import { bytesToHex } from '../../core/codec/bytes.ts';
import type { DialectName } from '../../core/wire/dialect.ts';
import type { Greeting, Message } from '../../core/wire/messages.ts';
import type { SignalType } from '../../core/wire/seal.ts';

export interface KeyVector {
  readonly secret: string;
  readonly pubkey: string;
  readonly other: { readonly secret: string; readonly pubkey: string };
  readonly sessionKey: string;
  readonly data: { readonly bytes: string; readonly sign: string };
  readonly keepAlive: { readonly count: number; readonly sign: string };
}

export interface SessionVector {
  readonly client: { readonly secret: string; readonly pubkey: string };
  readonly reference: { readonly pubkey: string };
  readonly ecdhX: string;
  readonly sessionKey: string;
  readonly frames: readonly FrameVector[];
}

export type FrameVector = {
  readonly from: 'client' | 'reference';
  readonly bytes: string;
  readonly message: MessageVector;
} & (
  | { readonly nonce: number; readonly plain: string }
  /** A greeting, which is plain; in `gcm-siv` without a nonce. */
  | { readonly nonce: number | null; readonly plain?: never }
);

export type MessageVector = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface PayloadVector {
  readonly name: string;
  readonly bytes: string;
  readonly reference: 'closes' | 'goes on';
}

export interface BlockVector {
  readonly parent: string | null;
  readonly hash: string;
  readonly data: readonly DataVector[];
  readonly nextChoices: readonly string[];
  readonly author: string;
  readonly sign: string;
}

export interface DataVector {
  readonly data: string;
  readonly author: string;
  readonly sign: string;
}

export interface BlockCase {
  readonly name: string;
  readonly reference: 'accepts' | 'refuses';
  readonly ours: string;
  readonly borsh: string;
  readonly block?: BlockVector;
}

export interface StoredBlockVector {
  readonly borsh: string;
  readonly block: BlockVector;
}

export interface TournamentVector {
  readonly players: number;
  readonly winner: string;
  readonly games: readonly GameVector[];
}

export interface GameVector {
  readonly borsh: string;
  readonly author: string;
  readonly sign: string;
  readonly rounds: string;
}

/** test/vectors/ours/README.md */
export interface SignalingVector {
  readonly tab: { readonly secret: string; readonly pubkey: string };
  readonly other: { readonly secret: string; readonly pubkey: string };
  readonly challenge: {
    readonly origin: string;
    readonly network: string;
    readonly relayNonce: string;
    readonly ownNonce: string;
    readonly pubkey: string;
    readonly preimage: string;
    readonly digest: string;
    readonly signWithoutAuxiliary: string;
  };
  readonly fromRelay: readonly SignalingMessageVector[];
  readonly fromTab: readonly SignalingMessageVector[];
  readonly seals: {
    readonly network: string;
    readonly sharedX: string;
    readonly signals: readonly {
      readonly from: string;
      readonly to: string;
      readonly key: string;
      readonly macKey: string;
      readonly nonce: string;
      readonly signal: { readonly call: string; readonly type: SignalType; readonly body: string };
      readonly plain: string;
      readonly bytes: string;
    }[];
  };
}

/** test/vectors/ours/README.md */
export interface UpgradeVector {
  readonly network: string;
  readonly sharedX: string;
  readonly ephemeralX: string;
  readonly dialler: UpgradeSideVector;
  readonly acceptor: UpgradeSideVector;
  readonly frames: readonly {
    readonly from: 'dialler' | 'acceptor';
    readonly counter: number;
    readonly iv: string;
    readonly payload: string;
    readonly bytes: string;
  }[];
}

export interface UpgradeSideVector {
  readonly secret: string;
  readonly pubkey: string;
  readonly ephemeralSecret: string;
  readonly ephemeral: string;
  readonly greeting: string;
  readonly hello: string;
  /** The frames of both. */
  readonly stream: string;
  readonly keys: { readonly encryption: string; readonly mac: string };
}

/** test/vectors/ours/README.md */
export interface ExportVector {
  readonly name: string;
  readonly network: string;
  readonly blocks: readonly string[];
  readonly file: string;
}

export interface SignalingMessageVector {
  readonly bytes: string;
  readonly message: { readonly kind: string };
}

export const keyVectors = (): readonly KeyVector[] => readVector('keys.json');
export const sessionVector = (dialect: DialectName): SessionVector => readVector(`session-${dialect}.json`);
export const payloadVectors = (dialect: DialectName): readonly PayloadVector[] =>
  readVector<Readonly<Record<DialectName, readonly PayloadVector[]>>>('payloads.json')[dialect];
export const blockVectors = (): { readonly cases: readonly BlockCase[] } => readVector('blocks.json');
export const folderVector = (): readonly StoredBlockVector[] => readVector('folder-reference/expected.json');
export const highlanderVectors = (): readonly TournamentVector[] => readVector('highlander.json');
export const upgradeVector = (): UpgradeVector => readVector('ours/upgrade.json');
export const exportVectors = (): readonly ExportVector[] => readVector('ours/export.json');
export const signalingVector = (): SignalingVector => readVector('ours/signaling.json');

/** @param path inside test/vectors; the caller names the file's type */
export function readVector<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${path}`, import.meta.url), 'utf8')) as T;
}

export function dataVector({ data, author, sign }: Data): DataVector {
  return { data: bytesToHex(data), author: bytesToHex(author), sign: bytesToHex(sign) };
}

export function blockVector({ parent, hash, data, nextChoices, author, sign }: Block): BlockVector {
  return {
    parent: hexOrNull(parent),
    hash: bytesToHex(hash),
    data: data.map(dataVector),
    nextChoices: nextChoices.map(bytesToHex),
    author: bytesToHex(author),
    sign: bytesToHex(sign),
  };
}

export function messageVector(message: Message, dialect: DialectName): MessageVector {
  const { kind: type } = message;
  switch (type) {
    case 'greeting':
      return { type, ...greetingVector(message, dialect) };
    case 'keepAlive':
      return {
        type,
        pubkey: bytesToHex(message.pubkey),
        count: Number(message.count),
        sign: bytesToHex(message.sign),
      };
    case 'shareData':
      return { type, data: dataVector(message.data) };
    case 'requestBlocks':
      return { type, start: hexOrNull(message.start) };
    case 'requestedBlock':
    case 'shareBlock':
      return { type, block: blockVector(message.block) };
    case 'requestNeighbours':
      return { type, count: message.count, exclude: message.exclude.map(bytesToHex) };
    case 'announce':
    case 'leave':
      return { type, pubkey: bytesToHex(message.pubkey) };
    case 'introduceNeighbours':
      return { type, neighbours: message.neighbours.map(([key, listen]) => [bytesToHex(key), listen]) };
  }
}

function greetingVector(greeting: Greeting, dialect: DialectName): Readonly<Record<string, unknown>> {
  const { pubkey, listen, root, last, count, thin, version, known } = greeting;
  const chain = { root: hexOrNull(root), last: hexOrNull(last), count: Number(count) };
  const common = { pubkey: bytesToHex(pubkey), listen, ...chain, thin };
  if (dialect === 'cbc') return { ...common, version };
  const { major, minor, patch } = version;
  return { ...common, version: { major, minor, patch }, known: known.map(bytesToHex) };
}

function hexOrNull(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : bytesToHex(bytes);
}
