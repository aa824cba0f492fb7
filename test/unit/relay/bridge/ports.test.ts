/**
 * Ports that the bridge lends to tabs: who dials them reaches the tab, and nobody else's business is done there.
 */
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import type { DialectName } from '../../../../core/wire/dialect.ts';
import type { BridgeOptions } from '../../../../relay/bridge/bridge.ts';
import {
  BridgeClient,
  type BridgeStage,
  dialled,
  greetingFrame,
  identity,
  openBridge,
} from '../../../model/bridge-stage.ts';

const [tab, peer] = [identity(1), identity(2)];
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function opened(change?: Partial<BridgeOptions>): Promise<BridgeStage> {
  const stage = await openBridge(change);
  ends.push(() => stage.close());
  return stage;
}

describe('a port that is lent', () => {
  async function leased(stage: BridgeStage, self = tab) {
    const client = await BridgeClient.asking(stage.url, self, { kind: 'lease' });
    return { client, address: (await client.next('leased')).address };
  }

  it.each<DialectName>(['cbc', 'gcm-siv'])('leads to the tab, which takes up who has come: %s', async (dialect) => {
    const stage = await opened();
    const { client, address } = await leased(stage);
    const far = await dialled(address);
    const { ticket, from } = await client.next('called');
    expect(from).toBe(`127.0.0.1:${far.localPort}`);
    const taken = await BridgeClient.taking(stage.url, ticket);
    await taken.next('opened');
    const [theirs, ours] = [greetingFrame(peer, dialect), greetingFrame(tab, dialect)];
    far.write(theirs);
    expect(await taken.read(theirs.length)).toEqual(Buffer.from(theirs));
    taken.socket.send(ours);
    expect((await once(far, 'data'))[0]).toEqual(Buffer.from(ours));
    far.destroy();
    await taken.ended;
    expect(stage.bridge.figures).toEqual({ connections: 0, ports: 1 });
  });

  it('lets a tab greet first whoever waits for that', async () => {
    const stage = await opened();
    const { client, address } = await leased(stage);
    const far = await dialled(address);
    const taken = await BridgeClient.taking(stage.url, (await client.next('called')).ticket);
    await taken.next('opened');
    const ours = greetingFrame(tab, 'cbc');
    taken.socket.send(ours);
    expect((await once(far, 'data'))[0]).toEqual(Buffer.from(ours));
  });

  it('serves nothing but peers: a tab that begins otherwise says nothing there', async () => {
    const stage = await opened();
    const { client, address } = await leased(stage);
    const far = await dialled(address);
    const heard: Buffer[] = [];
    far.on('data', (data) => heard.push(data));
    far.write('GET / HTTP/1.1\r\n\r\n');
    const taken = await BridgeClient.taking(stage.url, (await client.next('called')).ticket);
    await taken.next('opened');
    taken.socket.send(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));
    await once(far, 'close');
    expect(heard).toEqual([]);
  });

  it('goes with the tab, and is the tab’s again when it comes back', async () => {
    const stage = await opened({ ports: { from: 29_400, to: 29_410 } });
    const first = await leased(stage);
    const other = await leased(stage, identity(7));
    expect(other.address).not.toBe(first.address);
    first.client.socket.close();
    await vi.waitFor(() => expect(stage.bridge.figures.ports).toBe(1));
    await expect(dialled(first.address)).rejects.toThrow('ECONNREFUSED');
    expect((await leased(stage, identity(8))).address).not.toBe(first.address);
    expect((await leased(stage)).address).toBe(first.address);
  });

  it('is taken over at once by the same key, which the one before is told', async () => {
    const stage = await opened();
    const first = await leased(stage);
    const second = await leased(stage);
    expect(await first.client.next('refused')).toMatchObject({ code: 'replaced' });
    expect(second.address).toBe(first.address);
    expect(stage.bridge.figures.ports).toBe(1);
  });

  it('is announced by the name the tab knows the relay by, or the one it was told', async () => {
    expect((await leased(await opened())).address).toMatch(/^127\.0\.0\.1:\d+$/);
    const named = await opened({ announcedHost: 'abcdef.onion' });
    expect((await leased(named)).address).toMatch(/^abcdef\.onion:\d+$/);
  });

  it('is refused when there is none', async () => {
    const stage = await opened({ ports: { from: 29_420, to: 29_420 }, mostPorts: 5 });
    await leased(stage);
    const second = await BridgeClient.asking(stage.url, peer, { kind: 'lease' });
    expect(await second.next('refused')).toMatchObject({ code: 'no-port' });
  });

  it('hangs up on who is not taken up, and on more than eight who wait for it', { timeout: 15_000 }, async () => {
    const stage = await opened();
    const { client, address } = await leased(stage);
    const waiting = await Promise.all(Array.from({ length: 8 }, () => dialled(address)));
    for (const _ of waiting) await client.next('called');
    const ninth = await dialled(address);
    await once(ninth, 'close');
    expect(waiting.some((socket) => socket.closed)).toBe(false);
    await Promise.all(waiting.map((socket) => once(socket.resume(), 'close')));
  });

  it('has tickets that are good once, and of its own making', async () => {
    const stage = await opened();
    const { client, address } = await leased(stage);
    await dialled(address);
    const { ticket } = await client.next('called');
    await (await BridgeClient.taking(stage.url, ticket)).next('opened');
    for (const used of [ticket, new Uint8Array(16)]) {
      expect(bytesToHex(used)).toHaveLength(32);
      const again = await BridgeClient.taking(stage.url, used);
      expect(await again.next('refused')).toMatchObject({ code: 'no-ticket' });
    }
  });
});
