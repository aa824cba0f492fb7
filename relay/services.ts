/**
 * What the relay has for tabs besides bringing them together: STUN, which it answers itself, and TURN, which is
 * somewhere else.
 *
 * Without STUN a relay is still a relay: when its UDP port cannot be had it says so and goes on. STUN on loopback is
 * answered but not announced; there tabs reach each other by what they know already.
 */
import type { Services } from '../core/wire/signaling.ts';
import type { Log } from './log.ts';
import { isLoopback } from './open.ts';
import { StunServer } from './stun.ts';
import { type Turn, turnServers } from './turn.ts';

/** A UDP port; 0: the system chooses. `as-http`: the number of the relay's own port. */
export type StunPort = number | 'as-http' | 'none';

export interface ServiceOptions {
  readonly host: string;
  readonly stun: StunPort;
  readonly turn: Turn | undefined;
}

/** What a running relay offers. */
export interface RelayServices {
  /** What a tab is told that asks now. */
  announced(): Services;
  /** Idempotent. */
  close(): Promise<void>;
}

/** @param httpPort what the relay's own server listens on */
export async function openServices(options: ServiceOptions, httpPort: number, log: Log): Promise<RelayServices> {
  const { host, stun: stunPort, turn } = options;
  const server =
    stunPort === 'none' ? undefined : await opened(host, stunPort === 'as-http' ? httpPort : stunPort, log);
  const { address = '127.0.0.1', port: boundPort } = server?.address ?? {};
  const stun = isLoopback(address) ? undefined : boundPort;
  return {
    announced: () => ({ stun, turn: turn === undefined ? [] : turnServers(turn, Date.now()) }),
    close: async () => await server?.close(),
  };
}

async function opened(host: string, port: number, log: Log): Promise<StunServer | undefined> {
  try {
    return await StunServer.open(host, port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const taken = 'there is no STUN: the UDP port is taken; choose another with --stun-port';
    log(code === 'EADDRINUSE' ? taken : 'there is no STUN: the UDP port cannot be opened', { host, port, code });
    return undefined;
  }
}
