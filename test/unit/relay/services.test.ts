import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openServices, type RelayServices, type ServiceOptions } from '../../../relay/services.ts';
import { StunClient } from '../../model/stun-client.ts';

let said: string[];
let ends: (() => unknown)[];

beforeEach(() => {
  said = [];
  ends = [];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

async function opened(options: Partial<ServiceOptions>, httpPort = 0): Promise<RelayServices> {
  const services = await openServices({ host: '0.0.0.0', stun: 0, turn: undefined, ...options }, httpPort, (...line) =>
    said.push(JSON.stringify(line)),
  );
  ends.push(() => services.close());
  return services;
}

/** A UDP port that is taken until it is given back. */
async function taken(): Promise<{ readonly port: number; giveBack: () => void }> {
  const socket = createSocket('udp4').bind(0, '0.0.0.0');
  await once(socket, 'listening');
  return { port: socket.address().port, giveBack: () => socket.close() };
}

async function answersOn(port: number): Promise<boolean> {
  const client = await StunClient.open('127.0.0.1', { address: '127.0.0.1', port });
  ends.push(() => client.close());
  return (await client.ask())[1] === client.address.port;
}

describe('openServices', () => {
  it('announces the port on which it answers STUN', async () => {
    const { stun = 0, turn } = (await opened({})).announced();
    expect(await answersOn(stun)).toBe(true);
    expect(turn).toEqual([]);
    expect(said).toEqual([]);
  });

  it('answers on the number of the relay’s own port, unless it is told another', async () => {
    const { port, giveBack } = await taken();
    giveBack();
    expect((await opened({ stun: 'as-http' }, port)).announced().stun).toBe(port);
    expect((await opened({}, port)).announced().stun).not.toBe(port);
  });

  it.each(['127.0.0.1', 'localhost'])('answers on %s, but announces it to nobody', async (host) => {
    const { port, giveBack } = await taken();
    giveBack();
    const services = await opened({ host, stun: port });
    expect(services.announced().stun).toBeUndefined();
    if (host === '127.0.0.1') expect(await answersOn(port)).toBe(true);
  });

  it('says in one line that its UDP port is taken, and goes on without', async () => {
    const { port, giveBack } = await taken();
    ends.push(giveBack);
    const services = await opened({ stun: port });
    expect(services.announced().stun).toBeUndefined();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('the UDP port is taken; choose another with --stun-port');
    expect(said[0]).toContain(String(port));
  });

  it('says as much of a host that it cannot listen on', async () => {
    const services = await opened({ host: '203.0.113.1' });
    expect(services.announced().stun).toBeUndefined();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('EADDRNOTAVAIL');
  });

  it('has none when there is to be none', async () => {
    const { port, giveBack } = await taken();
    ends.push(giveBack);
    expect((await opened({ stun: 'none' }, port)).announced()).toEqual({ stun: undefined, turn: [] });
    expect(said).toEqual([]);
  });

  it('announces TURN on loopback too, with new credentials each time', async () => {
    const turn = { urls: ['turn:a:1'], right: { kind: 'secret', secret: 's' } } as const;
    const services = await opened({ host: '127.0.0.1', turn });
    const [one, two] = [services.announced().turn[0], services.announced().turn[0]];
    expect(one?.url).toBe('turn:a:1');
    expect(Number(one?.username.split(':')[0])).toBeGreaterThan(Date.now() / 1_000 + 11 * 3_600);
    expect(one?.credential).not.toBe(two?.credential);
  });

  it('gives the port back when it closes, once or twice', async () => {
    const services = await opened({});
    const { stun = 0 } = services.announced();
    await services.close();
    await services.close();
    expect((await opened({ stun })).announced().stun).toBe(stun);
  });
});
