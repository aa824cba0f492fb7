/**
 * Who is at the other end of a request, in the form of core/network/addresses.ts: whose limits it counts for.
 *
 * Behind a reverse proxy that is the last entry of `X-Forwarded-For`: the one that the proxy itself has added. What
 * stands before it comes from the client, and says nothing.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** @returns `host:port` or `[v6]:port`; port 0 where a proxy does not tell it */
export function clientAddress(request: IncomingMessage, isBehindProxy: boolean): string {
  const forwarded = isBehindProxy ? lastForwarded(request) : undefined;
  const { remoteAddress = '0.0.0.0', remotePort = 0 } = request.socket;
  return forwarded ?? addressOf(remoteAddress, remotePort);
}

/** @param ip as Node writes it: an IPv4 address at a socket of both families is a part of an IPv6 one */
export function addressOf(ip: string, port: number): string {
  const host = ip.replace(/%.*$/, '').replace(/^::ffff:(?=\d+(?:\.\d+){3}$)/i, '');
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Undefined when the proxy wrote no IP address there. */
function lastForwarded({ headers }: IncomingMessage): string | undefined {
  const header = headers['x-forwarded-for'];
  const entry = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').at(-1)?.trim() ?? '';
  if (isIP(entry) !== 0) return addressOf(entry, 0);
  const [, v4, v6, port] = /^(?:([\d.]+)|\[([^\]]+)\])(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const ip = v4 ?? v6 ?? '';
  return isIP(ip) !== 0 && Number(port ?? 0) <= 65_535 ? addressOf(ip, Number(port ?? 0)) : undefined;
}
