/**
 * The way out: directly to what was checked, or by a proxy and never past it.
 */
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Egress } from '../../../../relay/bridge/egress.ts';
import { Targets } from '../../../../relay/bridge/targets.ts';
import { Listener } from '../../../model/bridge-stage.ts';
import { SocksServer } from '../../../model/socks-server.ts';

const ends: (() => unknown)[] = [];
const { signal } = new AbortController();
const resolve = async (name: string) => (name === 'two.test-dns' ? ['127.0.0.9', '127.0.0.1'] : []);
const here = new Targets({ allow: [], loopback: true }, resolve);

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listening(): Promise<Listener> {
  const listener = await Listener.open(Buffer.from('hello'));
  ends.push(() => listener.close());
  return listener;
}

describe('without a proxy', () => {
  it('what was checked is dialled, each address of a name in turn', async () => {
    const far = await listening();
    const egress = new Egress(here, undefined);
    const port = far.address.split(':')[1];
    for (const target of [far.address, `localhost:${port}`, `two.test-dns:${port}`]) {
      const socket = await egress.open({ target, byProxy: false }, signal);
      expect(String((await once(socket, 'data'))[0])).toBe('hello');
      socket.destroy();
    }
    expect([egress.isFar(far.address), egress.isFar('a.onion:1')]).toEqual([false, true]);
  });

  it.each([
    ['what may not be dialled', { target: '10.0.0.1:29092', byProxy: false }, 'no-target'],
    ['what is to go by a proxy', { target: '127.0.0.1:29092', byProxy: true }, 'no-proxy'],
    ['an onion address', { target: `${'a'.repeat(56)}.onion:29092`, byProxy: false }, 'no-target'],
    ['where nobody listens', { target: '127.0.0.1:2', byProxy: false }, 'unreachable'],
  ])('is refused: %s', async (_, way, code) => {
    await expect(new Egress(here, undefined).open(way, signal)).rejects.toMatchObject({ code });
  });

  it('is given up when the tab has left', async () => {
    const left = new AbortController();
    left.abort();
    const far = await listening();
    await expect(
      new Egress(here, undefined).open({ target: far.address, byProxy: false }, left.signal),
    ).rejects.toThrow();
  });
});

describe('with a proxy', () => {
  it('everything goes by it, names unresolved, each with credentials of its own', async () => {
    const far = await listening();
    const port = Number(far.address.split(':')[1]);
    const proxy = await SocksServer.listen({ kind: 'lead', to: { host: '127.0.0.1', port } });
    ends.push(() => proxy.close());
    const egress = new Egress(here, proxy.address);
    for (const byProxy of [true, false]) {
      const socket = await egress.open({ target: `localhost:${port}`, byProxy }, signal);
      expect(String((await once(socket, 'data'))[0])).toBe('hello');
      socket.destroy();
    }
    expect(proxy.asked.map(({ kind, host }) => [kind, host])).toEqual(Array(2).fill(['name', 'localhost']));
    expect(new Set(proxy.asked.map(({ user, password }) => user + password)).size).toBe(2);
    expect(egress.isFar(far.address)).toBe(true);
  });

  it('nothing is dialled past it when it is gone, nor what may not be', async () => {
    const far = await listening();
    const egress = new Egress(here, { host: '127.0.0.1', port: 2 });
    await expect(egress.open({ target: far.address, byProxy: false }, signal)).rejects.toMatchObject({
      code: 'unreachable',
    });
    await expect(egress.open({ target: '10.0.0.1:9', byProxy: true }, signal)).rejects.toMatchObject({
      code: 'no-target',
    });
    expect(far.sockets).toHaveLength(0);
  });
});
