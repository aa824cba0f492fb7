/**
 * Which web pages may open WebSockets here: a browser lets any page open one to any server, this machine's among them,
 * and names the page's origin (RFC 6455, 10.2). Whoever names none is no browser, and is free to name what it likes.
 *
 * Allowed are the relay's own pages, pages of the browser's machine, and those that the operator names. A relay that
 * listens on loopback only is for this machine: what comes there by another name was led there by a site (DNS rebinding)
 * or by a proxy that nobody has told the relay of.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from './open.ts';
import { isOriginOf } from './proof.ts';

/** Stands for all. */
export const anyOrigin = '*';
/** Longer is no host's name (RFC 1035). */
const mostOriginLength = 512;

/** What a request says of where it comes from, and where to. */
type Headers = Partial<Pick<IncomingHttpHeaders, 'origin' | 'host' | 'forwarded' | 'x-forwarded-for'>>;

/**
 * @param origins of other sites that are allowed, canonical, or `*`
 * @returns why a page may not open a WebSocket here, for whoever runs it; undefined when it may
 */
export function originRefusal({ origin, host = '' }: Headers, origins: readonly string[]): string | undefined {
  if (origin === undefined || origins.includes(anyOrigin)) return undefined;
  const page = canonicalOrigin(origin);
  if (page === undefined) return 'the Origin header of this request is none that a browser sends';
  if (origins.includes(page) || isLoopbackOrigin(page) || (isWeb(page) && isOriginOf(page, host))) return undefined;
  return `this relay, reached as ${named(host)}, takes no pages of ${page}; --origin ${page} would allow them`;
}

/** Why a relay that listens on loopback only does not take a request for one of this machine. */
export function foreignName(headers: Headers): string | undefined {
  const { host = '' } = headers;
  if (!isLoopbackHost(host)) {
    return `this relay listens on loopback only, and was reached as ${named(host)}; --behind-proxy is for such names`;
  }
  if (!isPassedOn(headers)) return undefined;
  return 'this relay listens on loopback only, and a proxy has passed this on; that needs --behind-proxy';
}

/** Whether a proxy says that it has passed a request on. */
export function isPassedOn(headers: Headers): boolean {
  return headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
}

/** As browsers write it: `scheme://host`, the port if it is not the scheme's own, or `null`. Undefined when it is none. */
export function canonicalOrigin(text: string): string | undefined {
  if (text === 'null') return text;
  if (text.length > mostOriginLength || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s]+\/?$/i.test(text)) return undefined;
  if (!URL.canParse(text)) return undefined;
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}

/** Whether a `Host` header names this machine as only itself reaches it. */
export function isLoopbackHost(host: string): boolean {
  const origin = canonicalOrigin(`http://${host}`);
  return origin !== undefined && isLoopbackOrigin(origin);
}

function isLoopbackOrigin(origin: string): boolean {
  return isWeb(origin) && isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ''));
}

function isWeb(origin: string): boolean {
  return /^https?:\/\//.test(origin);
}

/** What the client wrote there goes into an answer. */
function named(host: string): string {
  return canonicalOrigin(`http://${host}`)?.slice('http://'.length) ?? 'no host';
}
