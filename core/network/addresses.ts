/**
 * What an address says: where to dial, whom to reach by signaling, whose limits it counts for.
 *
 * Peers that nobody can dial by host and port are named `<hex key in two labels>.webrtc.invalid:1`.
 * The name parses as `host:port` (the reference closes otherwise), resolves to nothing, and tells ours to reach the
 * key by signaling (design.md, Links and addresses). `127.0.0.1:1` parses too and is never dialled by ours.
 */

import { keyHex, type PublicKey, type PublicKeyHex, publicKeyFromHex } from '../crypto/keys.ts';
import { CodecError, CryptoError } from '../errors.ts';
import { isHostAndPort } from '../wire/identify.ts';

export interface HostAndPort {
  /** A name, or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const suffix = '.webrtc.invalid:1';
/** A DNS label holds at most 63 characters, a key's hex has 66. */
const labelCut = 33;

/** What a peer that cannot be dialled says it listens on. */
export const unreachableAddress = '127.0.0.1:1';

export function signaledAddress(key: PublicKey | PublicKeyHex): string {
  const hex = typeof key === 'string' ? key : keyHex(key);
  return `${hex.slice(0, labelCut)}.${hex.slice(labelCut)}${suffix}`;
}

/** The key of a signaled address, or undefined when it is another kind of address. */
export function signaledKey(address: string): PublicKey | undefined {
  if (!address.endsWith(suffix)) return undefined;
  const name = address.slice(0, -suffix.length);
  if (name[labelCut] !== '.') return undefined;
  try {
    return publicKeyFromHex(name.slice(0, labelCut) + name.slice(labelCut + 1));
  } catch (error) {
    if (error instanceof CodecError || error instanceof CryptoError) return undefined;
    throw error;
  }
}

/** Reached by Tor, where everything takes longer: a peer at `host:port`, a relay or a page at `http://…` or `ws://…`. */
export function isOnion(address: string): boolean {
  const host = hostAndPort(address)?.host ?? /^(?:ws|http)s?:\/\/([^/:?#]+)/i.exec(address)?.[1] ?? '';
  return /\.onion\.?$/i.test(host);
}

/** The two parts of `host:port`, undefined when it is none. */
export function hostAndPort(address: string): HostAndPort | undefined {
  if (!isHostAndPort(address)) return undefined;
  const cut = address.lastIndexOf(':');
  return { host: address.slice(0, cut).replace(/^\[|\]$/g, ''), port: Number(address.slice(cut + 1)) };
}

/**
 * Whose limits an address counts for: an IPv4 address, or the first half of an IPv6 one, for the other half is free to
 * choose to whoever has one line. Undefined for loopback, and where no IP address stands.
 */
export function sourceOf(address: string): string | undefined {
  const host = hostAndPort(address)?.host ?? '';
  if (host.includes(':')) return host === '::1' ? undefined : ipv6Network(host);
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) && !host.startsWith('127.') ? host : undefined;
}

/** @param ip in the form in which systems write it */
function ipv6Network(ip: string): string {
  const [before = [], after = []] = ip.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  // Of eight groups `::` stands for those that are missing; an IPv4 address at the end is two.
  const dotted = ip.includes('.') ? 1 : 0;
  const missing = Math.max(0, 8 - before.length - after.length - dotted);
  return [...before, ...Array<string>(missing).fill('0'), ...after].slice(0, 4).join(':');
}
