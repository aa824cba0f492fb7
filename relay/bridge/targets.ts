/**
 * Where a relay may connect for a tab, decided on what is then dialled (issue 5, No open proxy).
 *
 * A name is resolved once, every address it has is checked, and those literals are dialled: a name that answers otherwise
 * the next time gets nobody inside. A host that is neither an IP address in its usual form nor a name is refused, so no
 * other spelling of 127.0.0.1 is ever read by anything. A proxy gets names as they are and looks them up itself; there
 * only those are refused that can mean nothing but a place inside. Names come from DNS, not from the system's hosts file.
 */
import { Resolver } from 'node:dns/promises';
import { type BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { type HostAndPort, hostAndPort } from '../../core/network/addresses.ts';
import { addressList, isSpecial } from './special-addresses.ts';

export interface TargetRules {
  /** Addresses and ranges that are dialled though they are special. */
  readonly allow: readonly string[];
  /** Whether this machine itself is: its relay is for nobody else. */
  readonly loopback: boolean;
}

/** The addresses of a name; none when it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** More a name may have, but none of those is waited for. */
const mostAddresses = 8;
const loopback = ['127.0.0.0/8', '::1'];
/** Port 1 is where nobody listens (core/network/addresses.ts). */
const leastPort = 2;
/** RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and what home routers use. */
const insideNames = /^(?:.*\.)?(?:localhost|local|internal|lan|home|corp|intranet|home\.arpa|invalid|test|example)$/;

export class Targets {
  readonly #allowed: BlockList;
  readonly #resolve: Resolve;

  constructor({ allow, loopback: isAllowed }: TargetRules, resolve: Resolve = resolved) {
    this.#allowed = addressList([...allow, ...(isAllowed ? loopback : [])]);
    this.#resolve = resolve;
  }

  /** What to dial for `host:port`, each of it an IP address; undefined when it is refused, or is nowhere. */
  async literals(target: string): Promise<readonly HostAndPort[] | undefined> {
    const parsed = parse(target);
    if (parsed === undefined) return undefined;
    const { host, port } = parsed;
    const addresses = await this.#addressesOf(host);
    if (addresses.length === 0 || !addresses.every((ip) => this.#isAllowed(ip))) return undefined;
    return addresses.slice(0, mostAddresses).map((ip) => ({ host: ip, port }));
  }

  /** What a proxy is asked for; undefined when it is refused. */
  unresolved(target: string): HostAndPort | undefined {
    const parsed = parse(target);
    if (parsed === undefined) return undefined;
    const { host } = parsed;
    if (isIP(host) !== 0) return this.#isAllowed(host) ? parsed : undefined;
    if (host === 'localhost' && this.#isAllowed('127.0.0.1')) return parsed;
    return host.includes('.') && !insideNames.test(host) ? parsed : undefined;
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    // RFC 6761: never looked up. Who listens on ::1 alone is dialled there.
    if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    // RFC 7686: an onion address is never looked up.
    return host.endsWith('.onion') || host.endsWith('.invalid') ? [] : await this.#resolve(host);
  }

  #isAllowed(ip: string): boolean {
    return !isSpecial(ip) || this.#allowed.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  }
}

/** Lower case and without a dot at the end; undefined for what is no address, or is spelt in a way of its own. */
function parse(target: string): HostAndPort | undefined {
  const parsed = hostAndPort(target);
  if (parsed === undefined || parsed.port < leastPort) return undefined;
  const { port } = parsed;
  if (target.startsWith('[')) return isIPv6(parsed.host) ? parsed : undefined;
  const host = parsed.host.toLowerCase().replace(/\.$/, '');
  return isIPv4(host) || isName(host) ? { host, port } : undefined;
}

/** A name whose last label is a number is an IPv4 address to many programs, in whatever base (URL Standard, 3.5). */
function isName(host: string): boolean {
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  return (
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) &&
    !/^(?:\d+|0x[0-9a-f]*)$/.test(last)
  );
}

/** By DNS itself: `getaddrinfo` would take one of the four threads that files are written with. */
async function resolved(name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
