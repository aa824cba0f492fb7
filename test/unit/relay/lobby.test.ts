import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lobby, type Visitor } from '../../../relay/lobby.ts';
import { Seeded } from '../../model/seeded.ts';

interface Standing extends Visitor {
  readonly destroy: ReturnType<typeof vi.fn<Visitor['destroy']>>;
}

let port = 1_000;
function visitor(remoteAddress: string): Standing {
  return { remoteAddress, remotePort: port++, destroy: vi.fn() };
}

function entered(lobby: Lobby, address = '127.0.0.1'): Standing {
  const one = visitor(address);
  lobby.enter(one);
  return one;
}

function visitors(lobby: Lobby, count: number, address?: string): Standing[] {
  return Array.from({ length: count }, () => entered(lobby, address));
}

function sweep(lobby: Lobby, times: number): void {
  for (let i = 0; i < times; i++) lobby.sweep();
}

const sentAway = (all: readonly Standing[]) => all.filter(({ destroy }) => destroy.mock.calls.length > 0);

describe('Lobby', () => {
  it('keeps as many as there are places, and those that came first make room for the others', () => {
    const lobby = new Lobby({ most: 3, mostOfOneSource: 3 });
    const all = visitors(lobby, 3);
    sweep(lobby, 10);
    expect(sentAway(all)).toEqual([]);
    all.push(...visitors(lobby, 2));
    sweep(lobby, 1);
    expect(sentAway(all)).toEqual(all.slice(0, 2));
    expect(lobby.size).toBe(3);
  });

  it('sends nobody away who had no two seconds to speak, however many come at once', () => {
    const lobby = new Lobby({ most: 10, mostOfOneSource: 3 });
    const all = visitors(lobby, 1_000);
    sweep(lobby, 2);
    expect(sentAway(all)).toEqual([]);
    for (const one of all.slice(0, 900)) lobby.leave(one);
    sweep(lobby, 1);
    expect(sentAway(all)).toEqual(all.slice(900, 990));
  });

  it('has a place again for each that leaves', () => {
    const lobby = new Lobby({ most: 3, mostOfOneSource: 2 });
    for (let i = 0; i < 10; i++) {
      const all = visitors(lobby, 2, '192.0.2.7');
      for (const one of all) lobby.leave(one);
      for (const one of all) lobby.leave(one);
      sweep(lobby, 3);
      expect(sentAway(all)).toEqual([]);
    }
    expect(lobby.size).toBe(0);
  });

  it('sends away who is waited for before who is answered', () => {
    const lobby = new Lobby({ most: 2, mostOfOneSource: 3 });
    const [answered, waiting, other] = visitors(lobby, 3) as [Standing, Standing, Standing];
    lobby.answered(answered);
    sweep(lobby, 3);
    expect(sentAway([answered, waiting, other])).toEqual([waiting]);
    const next = entered(lobby);
    lobby.answered(other);
    lobby.answered(next);
    sweep(lobby, 3);
    expect(sentAway([answered, other, next])).toEqual([answered]);
  });

  it('counts waiting from the last answer', () => {
    const lobby = new Lobby({ most: 1, mostOfOneSource: 2 });
    const [asked, silent] = visitors(lobby, 2) as [Standing, Standing];
    sweep(lobby, 2);
    lobby.answered(asked);
    lobby.waits(asked);
    sweep(lobby, 2);
    expect(sentAway([asked, silent])).toEqual([silent]);
    entered(lobby);
    sweep(lobby, 2);
    expect(sentAway([asked])).toEqual([asked]);
  });

  it.each([
    ['an IPv4 address', '192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['an IPv4 address on a socket of IPv6', '192.0.2.7', '::ffff:192.0.2.7', '::ffff:192.0.2.8'],
    ['half of an IPv6 address', '2001:db8::7', '2001:db8::8', '2001:db8:0:1::7'],
  ])('gives %s a part of the places, and its oldest makes room at once', (_, one, same, other) => {
    const lobby = new Lobby({ most: 100, mostOfOneSource: 3 });
    const elsewhere = visitors(lobby, 3, other);
    const all = [...visitors(lobby, 2, one), ...visitors(lobby, 2, same)];
    expect(sentAway([...all, ...elsewhere])).toEqual([all[0]]);
  });

  it.each(['127.0.0.1', '127.0.0.9', '::1', '::ffff:127.0.0.1'])('gives %s all of them', (address) => {
    const lobby = new Lobby({ most: 100, mostOfOneSource: 3 });
    expect(sentAway(visitors(lobby, 100, address))).toEqual([]);
    expect(lobby.size).toBe(100);
  });

  it('does not take in who has gone already', () => {
    const lobby = new Lobby({ most: 2, mostOfOneSource: 2 });
    const gone = { remoteAddress: undefined, remotePort: undefined, destroy: vi.fn() };
    lobby.enter(gone);
    expect(gone.destroy).toHaveBeenCalledTimes(1);
    expect(lobby.size).toBe(0);
  });

  it('knows one by its other end, whatever is wrapped around the socket', () => {
    const lobby = new Lobby({ most: 1, mostOfOneSource: 1 });
    const bare = entered(lobby);
    const wrapped = { ...bare, destroy: vi.fn() };
    lobby.leave(wrapped);
    expect(lobby.size).toBe(0);
  });

  it('knows nothing of who is not there', () => {
    const lobby = new Lobby({ most: 2, mostOfOneSource: 2 });
    const stranger = visitor('192.0.2.7');
    lobby.answered(stranger);
    lobby.waits(stranger);
    lobby.leave(stranger);
    expect(lobby.size).toBe(0);
  });

  it('never keeps more than it may, and sends nobody away who came last', () => {
    const drawn = new Seeded(4);
    const lobby = new Lobby({ most: 20, mostOfOneSource: 6 });
    const there = new Set<Standing>();
    for (let step = 0; step < 3_000; step++) {
      const known = [...there];
      const some = known.length > 0 ? drawn.pick(known) : undefined;
      const what = some === undefined ? 0 : drawn.below(8);
      if (some === undefined || what < 4) there.add(entered(lobby, drawn.pick(['192.0.2.1', '192.0.2.2', '::1'])));
      else if (what === 4) lobby.answered(some);
      else if (what === 5) lobby.waits(some);
      else if (what === 6) {
        lobby.leave(some);
        there.delete(some);
      } else sweep(lobby, 3);
      const newest = [...there].at(-1);
      for (const gone of sentAway([...there])) there.delete(gone);
      expect(newest === undefined || there.has(newest)).toBe(true);
      expect(lobby.size).toBe(there.size);
      if (what === 7) expect(lobby.size).toBeLessThanOrEqual(20);
      for (const address of ['192.0.2.1', '192.0.2.2']) {
        expect([...there].filter(({ remoteAddress }) => remoteAddress === address).length).toBeLessThanOrEqual(6);
      }
    }
  });
});

describe('the lobby of a server', () => {
  let server: Server;
  let lobby: Lobby;
  let answer: () => void;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    lobby = new Lobby({ most: 1, mostOfOneSource: 1 });
    server = createServer((_, response) => {
      answer = () => response.end('here');
    });
    lobby.watch(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function connected(): Promise<Socket> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  it('holds each from when it connects until it has gone', async () => {
    const one = await connected();
    await vi.waitFor(() => expect(lobby.size).toBe(1));
    await connected();
    await vi.waitFor(() => expect(lobby.size).toBe(2));
    one.destroy();
    await vi.waitFor(() => expect(lobby.size).toBe(1));
  });

  it('hangs up on who only sits there, not on who is answered', async () => {
    const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { agent: false });
    const responded = once(request, 'response');
    await once(server, 'request');
    const silent = await connected();
    await vi.waitFor(() => expect(lobby.size).toBe(2));
    // It sweeps by itself.
    await once(silent, 'close');
    answer();
    const [response] = await responded;
    expect(response.statusCode).toBe(200);
    response.resume();
    await once(response, 'end');
  });
});
