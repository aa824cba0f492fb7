/**
 * Which web pages may open WebSockets here: a browser lets any page open one to any server, this machine's among them,
 * and names the page's origin (RFC 6455, 10.2). Whoever names none is no browser, and is free to name what it likes.
 *
 * Allowed are the relay's own pages, pages of the browser's machine, and those that the operator names. A site whose
 * name leads to this machine (DNS rebinding) has an origin that agrees with its `Host`: so a relay that listens on
 * loopback only takes no name for its own.
 */
import { isLoopback } from './open.ts';

/** Stands for all. */
export const anyOrigin = '*';
/** Longer is no host's name (RFC 1035). */
const mostOriginLength = 512;

export interface OriginPolicy {
  /** Canonical ones, or `*`. */
  readonly origins: readonly string[];
  /** Nobody but this machine reaches the relay: a name of another in `Host` is not its own. */
  readonly loopbackOnly: boolean;
}

/** What a request says of where it comes from, and where to. */
export interface Named {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/** @returns why a page may not open a WebSocket here, for whoever runs it; undefined when it may */
export function originRefusal(
  { origin, host = '' }: Named,
  { origins, loopbackOnly }: OriginPolicy,
): string | undefined {
  if (origin === undefined || origins.includes(anyOrigin)) return undefined;
  const page = canonicalOrigin(origin);
  if (page === undefined) return 'the Origin header of this request is none that a browser sends';
  if (origins.includes(page) || isLoopbackOrigin(page)) return undefined;
  if (!loopbackOnly) {
    if (isOriginOf(page, host)) return undefined;
    return `this relay, reached as ${canonicalHost(host)}, takes no pages of ${page}; --origin ${page} would allow them`;
  }
  return `this relay listens on loopback only and takes no pages of ${page}; --origin ${page} would allow them, or --behind-proxy if a proxy passes them on`;
}

/** As browsers write it: `scheme://host`, the port if it is not the scheme's own, or `null`. Undefined when it is none. */
export function canonicalOrigin(text: string): string | undefined {
  if (text === 'null') return text;
  if (text.length > mostOriginLength || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s]+\/?$/i.test(text)) return undefined;
  if (!URL.canParse(text)) return undefined;
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}

/** Whether who dialled `origin`, http or https, has come to `host`. */
export function isOriginOf(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, origin: canonical, host: named } = new URL(origin);
  if (canonical !== origin || !isWeb(protocol)) return false;
  const ours = `${protocol}//${host}`;
  return canonicalOrigin(ours) !== undefined && new URL(ours).host === named;
}

/** Whether a `Host` header names this machine as only itself reaches it. */
export function isLoopbackHost(host: string): boolean {
  const origin = canonicalOrigin(`http://${host}`);
  return origin !== undefined && isLoopbackOrigin(origin);
}

function isLoopbackOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return isWeb(protocol) && isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

function isWeb(protocol: string): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

/** What the client wrote there goes into an answer. */
function canonicalHost(host: string): string {
  return canonicalOrigin(`http://${host}`)?.slice('http://'.length) ?? 'no host';
}
