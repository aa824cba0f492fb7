/**
 * The slow, obvious twin of core/wire/session.ts with a peer of the reference: takes everything the other side sent as one array and says what must
 * have come of it.
 *
 * Rests on second-decoder.ts and arithmetic of its own; nothing of it comes from core/. Rules: spec/wire.md, Frames and
 * Greeting; spec/safety.md, Frames and sessions.
 */
import { createHash } from 'node:crypto';
import {
  type SecondDialect,
  type SecondMessage,
  secondDialect,
  secondHeaderBytes,
  secondMessage,
  secondOpen,
} from './second-decoder.ts';

export interface SlowOptions {
  /** The session key with the other's key, asked for once the other is known to be a point; hex of 33 bytes. */
  readonly keyWith: (pubkey: string) => Uint8Array;
  readonly publicKey: string;
  readonly network: string;
  readonly expected: string | undefined;
  /** The seed of our own IVs. */
  readonly seed: Uint8Array;
  readonly accepts: readonly SecondDialect[];
  /** What our own greeting was in, if it came before the other's. */
  readonly greetedIn: SecondDialect | undefined;
  /** How many frames we had sealed before the first sealed one came. */
  readonly sealed: number;
}

export interface SlowOutcome {
  /** Payloads that were let through, in order, the greeting's first; `dropped` for a nonce that had not risen. */
  readonly accepted: readonly (Uint8Array | 'dropped')[];
  /** Why the session ended, or undefined when it waits for more. */
  readonly failure: string | undefined;
}

const mebibyte = 1024 * 1024;
/** A block of 64 MiB with its variant, and the longer of what the two ciphers put around it. */
const mostBytesProven = 64 * mebibyte + 17;
const prime = 2n ** 256n - 2n ** 32n - 977n;

export function slowSession(stream: Uint8Array, options: SlowOptions): SlowOutcome {
  const accepted: (Uint8Array | 'dropped')[] = [];
  const ended = (failure: string | undefined) => ({ accepted, failure });
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);

  if (stream.length <= 4) return ended(undefined);
  const dialect = orUndefined(() => secondDialect(stream));
  if (dialect === undefined) return ended('bad-greeting');
  const greetingAt = secondHeaderBytes[dialect].greeting;
  if (stream.length < greetingAt) return ended(undefined);
  if (dialect === 'cbc' && view.getBigUint64(4, true) !== 1n) return ended('bad-greeting');
  const greetingLength = view.getUint32(0, true);
  if (greetingLength > mebibyte) return ended('frame-too-long');
  // Its first byte is what the dialect was told by.
  if (dialect === 'gcm-siv' && greetingLength === 0) return ended('bad-greeting');
  if (stream.length < greetingAt + greetingLength) return ended(undefined);
  const { accepts, greetedIn = dialect } = options;
  if (!accepts.includes(dialect) || greetedIn !== dialect) return ended('other-dialect');
  const greeting = stream.slice(greetingAt, greetingAt + greetingLength);
  const message = orUndefined(() => secondMessage(greeting, dialect));
  const refusal = greetingRefusal(message, options);
  if (refusal !== undefined) return ended(refusal);
  // It has to say hello when it has our greeting, so it says nothing before.
  const isTooEarly = isOurs(message) && options.greetedIn === undefined && options.sealed === 0;
  accepted.push(greeting);
  const key = options.keyWith(hexOf(greeting.subarray(1, 34)));

  const seenIvs = new Set<string>();
  for (let nonce = 1; nonce <= options.sealed; nonce++) seenIvs.add(ownIv(options.seed, BigInt(nonce), 12));
  let heard = dialect === 'cbc' ? 1n : 0n;
  let proven = false;
  for (let at = greetingAt + greetingLength; ; ) {
    const bodyAt = at + secondHeaderBytes[dialect].sealed;
    if (stream.length < bodyAt) return ended(undefined);
    const length = view.getUint32(at, true);
    const end = bodyAt + length;
    if (length > (proven ? mostBytesProven : mebibyte)) return ended('frame-too-long');
    if (dialect === 'cbc' ? length === 0 || length % 16 !== 0 : length < 16) return ended('bad-frame');
    if (stream.length < end) return ended(undefined);
    const frame = stream.slice(at, end);
    at = end;
    const opened = orUndefined(() => secondOpen(key, frame, dialect));
    if (opened === undefined) return ended('bad-frame');
    const { nonce, payload } = opened;
    const iv = hexOf(frame.subarray(4, dialect === 'cbc' ? 20 : 16));
    if (dialect === 'cbc' ? iv === ownIv(options.seed, nonce, 16) : seenIvs.has(iv)) return ended('reflected');
    seenIvs.add(iv);
    if (isTooEarly) return ended('bad-hello');
    if (nonce <= heard && dialect === 'gcm-siv') return ended('bad-frame');
    if (nonce <= heard) {
      accepted.push('dropped');
      continue;
    }
    const message = orUndefined(() => secondMessage(payload, dialect));
    if (message === undefined) return ended('bad-message');
    heard = nonce;
    proven = true;
    if (message.type !== 'greeting') accepted.push(payload);
  }
}

function isOurs(message: SecondMessage | undefined): boolean {
  const version = message?.['version'] as Readonly<Record<string, unknown>> | undefined;
  return String(version?.['commit']).startsWith('mcx1');
}

function greetingRefusal(
  message: SecondMessage | undefined,
  { publicKey, network, expected }: SlowOptions,
): string | undefined {
  if (message?.type !== 'greeting') return 'bad-greeting';
  const { pubkey, listen, version } = message as unknown as {
    readonly pubkey: string;
    readonly listen: string;
    readonly version: Readonly<Record<string, unknown>>;
  };
  const { major, minor, patch, branch, commit } = version;
  if (`${major}.${minor}.${patch}` !== '0.1.0') return 'bad-version';
  if (!pubkey.startsWith('02') && !pubkey.startsWith('03')) return 'bad-greeting';
  if (pubkey.slice(2) === publicKey.slice(2)) return 'own-key';
  if (expected !== undefined && pubkey !== expected) return 'unexpected-key';
  if (!looksLikeAddress(listen)) return 'bad-greeting';
  if (String(commit).startsWith('mcx1') && branch !== network) return 'other-network';
  return isX(pubkey.slice(2)) ? undefined : 'bad-greeting';
}

/** By hand, character by character: `host:port` with a name, an IPv4 address, or an IPv6 address in brackets. */
function looksLikeAddress(address: string): boolean {
  const cut = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, cut), address.slice(cut + 1)];
  if (cut < 1 || port.length < 1 || port.length > 5) return false;
  if (![...port].every((digit) => '0123456789'.includes(digit)) || Number(port) > 65_535) return false;
  const bracketed = host.startsWith('[') && host.endsWith(']');
  const name = bracketed ? host.slice(1, -1) : host;
  const allowed = bracketed ? '0123456789abcdef:.' : 'abcdefghijklmnopqrstuvwxyz0123456789._-';
  const [least, most] = bracketed ? [2, 45] : [1, 253];
  if (name.length < least || name.length > most) return false;
  return [...name].every((character) => allowed.includes(character) || allowed.toUpperCase().includes(character));
}

const knownXs = new Map<string, boolean>();

/** Remembered, for most greetings of a fuzz show the same key. */
function isX(hex: string): boolean {
  const known = knownXs.get(hex) ?? hasRoot(hex);
  knownXs.set(hex, known);
  return known;
}

/** Whether x³ + 7 is a square modulo p (Euler). */
function hasRoot(hex: string): boolean {
  const x = BigInt(`0x${hex}`);
  if (x >= prime) return false;
  const square = (x * x * x + 7n) % prime;
  let power = 1n;
  let base = square;
  for (let exponent = (prime - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * base) % prime;
    base = (base * base) % prime;
  }
  return power === 1n;
}

function ownIv(seed: Uint8Array, nonce: bigint, length: number): string {
  const counted = Buffer.alloc(8);
  counted.writeBigUInt64LE(nonce);
  return hexOf(createHash('sha256').update(seed).update(counted).digest().subarray(0, length));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function orUndefined<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
