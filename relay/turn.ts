/**
 * The TURN servers a relay names to its tabs: which, and by what right. Whatever runs there is not ours.
 *
 * With a secret that relay and TURN server share, each tab gets credentials of its own, and they end (the scheme of
 * draft-uberti-behave-turn-rest, coturn's `use-auth-secret`). A user and password for all are no secret to anybody who
 * opens the page.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { isIceUrl, type TurnServer, turnTextBytes } from '../core/wire/signaling.ts';

export interface Turn {
  readonly urls: readonly string[];
  readonly right: TurnRight;
}

export type TurnRight =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'user'; readonly username: string; readonly password: string };

/** How long credentials serve after they were given. */
export const credentialLifetimeS = 12 * 3_600;
/** Tells tabs apart, for a TURN server may have a quota for each user. */
const userBytes = 8;

export function isTurnUrl(url: string): boolean {
  return url.startsWith('turn') && isIceUrl(url) && url.length <= turnTextBytes;
}

/** What one tab is told. @param nowMs Unix time: the TURN server reads it in the username */
export function turnServers({ urls, right }: Turn, nowMs: number): TurnServer[] {
  const { username, credential } = credentialsBy(right, nowMs);
  return urls.map((url) => ({ url, username, credential }));
}

function credentialsBy(right: TurnRight, nowMs: number): { readonly username: string; readonly credential: string } {
  if (right.kind === 'user') return { username: right.username, credential: right.password };
  const username = `${Math.floor(nowMs / 1_000) + credentialLifetimeS}:${randomBytes(userBytes).toString('hex')}`;
  return { username, credential: createHmac('sha1', right.secret).update(username).digest('base64') };
}
