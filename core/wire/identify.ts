/**
 * Who the other side is: reads a greeting, refuses what cannot be spoken with, tells ours from the reference.
 *
 * Nothing here is proven: a greeting is plain text that anybody may send. The key is proven by the first frame that
 * decrypts. Roots are compared elsewhere (spec/safety.md, Roots). Rules: spec/wire.md, Greeting; spec/safety.md,
 * Networks and signatures.
 */
import { equalBytes } from '../codec/bytes.ts';
import { decode } from '../codec/codec.ts';
import { holderOf, isPublicKey, type PublicKey } from '../crypto/keys.ts';
import { CodecError, SessionError } from '../errors.ts';
import type { Dialect } from './dialect.ts';
import { type Greeting, type Message, oursMark, wireVersion } from './messages.ts';

export interface Identification {
  readonly publicKey: PublicKey;
  readonly network: string;
  /** The key the carrier has proven. */
  readonly expected: PublicKey | undefined;
}

/** @throws SessionError `bad-greeting`, `bad-version`, `own-key`, `unexpected-key`, `other-network` */
export function identify(
  payload: Uint8Array,
  dialect: Dialect,
  { publicKey, network, expected }: Identification,
): { readonly greeting: Greeting; readonly ours: boolean } {
  const greeting = greetingFrom(payload, dialect);
  const { pubkey, listen, version } = greeting;
  const { major, minor, patch } = version;
  if (major !== wireVersion.major || minor !== wireVersion.minor || patch !== wireVersion.patch) {
    throw new SessionError('bad-version', `speaks version ${major}.${minor}.${patch}`);
  }
  if (!isPublicKey(pubkey)) throw new SessionError('bad-greeting', 'the key of the greeting is none');
  if (holderOf(pubkey) === holderOf(publicKey)) throw new SessionError('own-key', 'the other side shows our own key');
  if (expected !== undefined && !equalBytes(pubkey, expected)) {
    throw new SessionError('unexpected-key', 'the greeting shows another key than the carrier has proven');
  }
  if (!isHostAndPort(listen)) throw new SessionError('bad-greeting', 'the address of the greeting is no host:port');
  const ours = isOurs(greeting);
  if (ours && version.branch !== network) throw new SessionError('other-network', 'is of another network');
  return { greeting, ours };
}

/** Whether it says that it is this program. In `gcm-siv` no greeting does. */
export function isOurs({ version }: Greeting): boolean {
  return version.commit.startsWith(oursMark);
}

/** A name or an IPv4 address, or an IPv6 address in brackets, and a port. */
export function isHostAndPort(address: string): boolean {
  const [, port] = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\]):([0-9]{1,5})$/i.exec(address) ?? [];
  return port !== undefined && Number(port) <= 65_535;
}

function greetingFrom(payload: Uint8Array, dialect: Dialect): Greeting {
  const message = messageFrom(payload, dialect);
  if (message.kind !== 'greeting') throw new SessionError('bad-greeting', `the first message is ${message.kind}`);
  const { kind: _, ...greeting } = message;
  return greeting;
}

function messageFrom(payload: Uint8Array, { messages }: Dialect): Message {
  try {
    return decode(messages, payload);
  } catch (error) {
    if (error instanceof CodecError) throw new SessionError('bad-greeting', error.message);
    throw error;
  }
}
