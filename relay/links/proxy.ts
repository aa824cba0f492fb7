/**
 * Dialling through a SOCKS5 proxy (RFC 1928), such as Tor.
 *
 * A name goes to the proxy as it is and is never looked up here; an IP address goes as such. Each link has credentials
 * of its own, drawn at random, by which Tor keeps the circuits of different links apart (its `IsolateSOCKSAuth`). When
 * the proxy refuses or is down the dial fails: nothing is ever dialled past it.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { Milliseconds } from '../../core/config.ts';
import { LinkError } from '../../core/errors.ts';
import type { HostAndPort } from '../../core/network/addresses.ts';
import { openSocket } from './tcp.ts';

/** As unlikely to be drawn twice as a key. */
const credentialBytes = 16;

/**
 * Attach to `data` at once: what the other side sent together with the proxy's answer follows in the next turn of the
 * event loop.
 * @param target what the proxy is to reach
 * @throws LinkError `refused`, `unreachable`
 */
export async function openThroughProxy(
  proxy: HostAndPort,
  target: HostAndPort,
  timeoutMs: Milliseconds,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await openSocket(proxy, timeoutMs, signal).catch((error: LinkError) => {
    throw new LinkError('unreachable', `the proxy is not there: ${error.message}`, { cause: error });
  });
  const giveUp = (): void => void socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) throw new Error('given up');
    await SocksClient.createConnection({
      command: 'connect',
      destination: { host: target.host, port: target.port },
      proxy: { ...proxy, type: 5, userId: credential(), password: credential() },
      existing_socket: socket,
      timeout: timeoutMs,
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw refusal(error as Error);
  } finally {
    // A limit for the dial is none for the link: who passes one that ends later would cut it.
    signal.removeEventListener('abort', giveUp);
  }
}

function credential(): string {
  return randomBytes(credentialBytes).toString('hex');
}

/** The proxy's answer stands at the end of the message, by its name in RFC 1928, 6. */
function refusal({ message }: Error): LinkError {
  const isRefused = / - (?:ConnectionRefused|NotAllowed)$/.test(message);
  return new LinkError(isRefused ? 'refused' : 'unreachable', message);
}
