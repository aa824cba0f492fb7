/**
 * The STUN and TURN servers of a relay, as a browser takes them.
 *
 * What it would not take is dropped: given one such address, it makes no connection at all.
 */
import { isIceUrl, type Services } from '../../core/wire/signaling.ts';
import type { RelayAddress } from './relay-address.ts';

/** STUN is answered on the host by which the relay was reached. */
export function iceServersOf({ origin }: RelayAddress, { stun = 0, turn }: Services): RTCIceServer[] {
  const servers: RTCIceServer[] = [{ urls: `stun:${new URL(origin).hostname}:${stun}` }];
  for (const { url: urls, username, credential } of turn) {
    if (urls.startsWith('turn') && username !== '' && credential !== '') servers.push({ urls, username, credential });
  }
  return servers.filter(({ urls }) => isIceUrl(urls as string));
}
