/**
 * What an address says: where to dial, whom to reach by signaling, whose it is and whose limits it counts for.
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
  return /\.onion\.?$/i.test(hostOf(address));
}

/** The host of `host:port` or of `http://…` or `ws://…`, as it stands there; empty where there is none. */
function hostOf(address: string): string {
  return (
    hostAndPort(address)?.host ??
    /^(?:ws|http)s?:\/\/(?:\[([^\]]+)\]|([^/:?#]+))/i.exec(address)?.slice(1).join('') ??
    ''
  );
}

/**
 * Of this machine or of a network of its own: an IP address that nobody routes, a name without a dot or under a domain
 * kept for home networks (RFC 1918, 3927, 4193, 4291, 6761, 6762, 8375). What other names lead to is not known here.
 */
export function isPrivate(address: string): boolean {
  const host = hostOf(address).toLowerCase().replace(/\.$/, '');
  if (host === '') return false;
  if (host.includes(':')) return /^(?:::1?$|::ffff:|f[cd]|fe[89ab])/.test(host);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return privateIpv4.test(host);
  return !host.includes('.') || /\.(?:localhost|local|lan|internal|home\.arpa)$/.test(host);
}

const privateIpv4 = /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168)\./;

/**
 * Which addresses are probably one owner's: those of one IPv4 /16, of one IPv6 /32, of one domain. Undefined where that
 * says nothing: in a private network all are one's own, and a key's or an onion's name is free to choose.
 */
export function groupOf(address: string): string | undefined {
  const host = hostAndPort(address)?.host.toLowerCase() ?? '';
  if (host === '' || isPrivate(address) || isOnion(address) || signaledKey(address) !== undefined) return undefined;
  if (host.includes(':')) return `${ipv6Network(host).split(':').slice(0, 2).join(':')}::/32`;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return `${host.split('.').slice(0, 2).join('.')}.0.0/16`;
  return host.replace(/\.$/, '').split('.').slice(-2).join('.');
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
