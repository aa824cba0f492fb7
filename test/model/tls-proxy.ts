/**
 * A reverse proxy reduced to what matters to a relay behind it: it takes TLS off, adds who the client is, and passes
 * everything else on as it is, `Host` too.
 */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import type { TlsPair } from '../../relay/tls.ts';

export interface TlsProxy {
  readonly port: number;
  close(): void;
}

/** @param relay its port on this machine @param client whom it says every client to be */
export async function startTlsProxy(pair: TlsPair, relay: number, client: string): Promise<TlsProxy> {
  const proxy = createServer(pair, (outside) => {
    const inside = connect(relay, '127.0.0.1');
    outside.once('data', (head: Buffer) => {
      inside.write(head.toString('latin1').replace('\r\n', `\r\nX-Forwarded-For: ${client}\r\n`), 'latin1');
      outside.pipe(inside);
    });
    inside.pipe(outside);
    for (const socket of [outside, inside]) {
      socket.on('error', () => undefined);
      socket.on('close', () => [outside, inside].map((end) => end.destroy()));
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return { port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}
