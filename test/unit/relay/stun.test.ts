/**
 * The STUN server on real sockets: answers who asks, holds its quotas, and survives whatever is sent to it.
 */
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StunServer } from '../../../relay/stun.ts';
import { Seeded } from '../../model/seeded.ts';
import { StunClient } from '../../model/stun-client.ts';
import { stunMessage } from '../../model/stun-decoder.ts';

/** Not every machine speaks IPv6; what is answered to it is tested without sockets as well. */
const speaksIpv6 = Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === '::1'));
let ends: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function opened(host = '127.0.0.1', port = 0): Promise<StunServer> {
  const server = await StunServer.open(host, port);
  ends.push(() => server.close());
  return server;
}

async function client(server: StunServer, from = '127.0.0.1'): Promise<StunClient> {
  const address = from.includes(':') ? '::1' : '127.0.0.1';
  const opening = await StunClient.open(from, { address, port: server.address.port });
  ends.push(() => opening.close());
  return opening;
}

describe('StunServer', () => {
  const ways = [
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
    ['::1', '::1', '0000:0000:0000:0000:0000:0000:0000:0001'],
    ['::', '::1', '0000:0000:0000:0000:0000:0000:0000:0001'],
    ['::', '127.0.0.1', '127.0.0.1'],
  ] as const;

  it.each(ways.filter(([host]) => speaksIpv6 || !host.includes(':')))(
    'on %s tells who asks from %s where it comes from',
    async (host, from, shown) => {
      const server = await opened(host);
      const asking = await client(server, from);
      expect(await asking.ask()).toEqual([shown, asking.address.port]);
      expect(server.counts).toEqual({ answered: 1, ignored: 0 });
    },
  );

  it('listens where a name leads', async () => {
    expect((await opened('localhost')).address.address).toMatch(/^(127\.0\.0\.1|::1)$/);
  });

  it('does not open where its port is taken, where there is no such address, and where a name leads nowhere', async () => {
    const { port } = (await opened()).address;
    await expect(StunServer.open('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(StunServer.open('203.0.113.1', 0)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
    await expect(StunServer.open('nowhere.invalid', 0)).rejects.toHaveProperty('code');
  });

  it('gives its port back, closed once or twice', async () => {
    const server = await opened();
    const { port } = server.address;
    await Promise.all([server.close(), server.close()]);
    await server.close();
    expect((await opened('127.0.0.1', port)).address.port).toBe(port);
  });

  it('answers one source 200 times at once, then 100 times a second', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    const server = await opened();
    const asking = await client(server);
    await flood(asking, 400);
    await vi.waitFor(() => expect(server.counts).toEqual({ answered: 200, ignored: 200 }));
    now.mockReturnValue(1_500);
    await flood(asking, 200);
    await vi.waitFor(() => expect(server.counts).toEqual({ answered: 250, ignored: 350 }));
    await vi.waitFor(() => expect(asking.heard).toHaveLength(250));
  });

  it('goes on after thousands of datagrams of noise, and has answered none of them', async () => {
    let now = 0;
    // A second for each, so that no quota keeps the noise away.
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
    const server = await opened();
    const asking = await client(server);
    const seeded = new Seeded(77);
    for (let i = 0; i < 2_000; i++) {
      const noise = seeded.bytes(seeded.below(1_500));
      if (noise.length > 0) noise[0] = seeded.pick([0x00, 0x01, 0x40, 0xff]);
      await asking.send(noise);
    }
    await asking.ask();
    expect(server.counts.answered).toBe(1);
    expect(server.counts.ignored).toBeGreaterThan(0);
  });
});

/** Not faster than a socket can take it. */
async function flood(asking: StunClient, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await asking.send(stunMessage(0x0001, new Seeded(i).bytes(12)));
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
