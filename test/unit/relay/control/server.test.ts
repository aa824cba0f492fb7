import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import type { PeerFace } from '../../../../core/face.ts';
import { requestBytes } from '../../../../relay/control/messages.ts';
import { type Control, mostClients, openControl, requestWithinMs } from '../../../../relay/control/server.ts';
import { socketName } from '../../../../relay/control/socket.ts';
import { Author } from '../../../model/author.ts';
import { House, storeWith } from '../../../model/house.ts';
import { Seeded } from '../../../model/seeded.ts';

let folder: string;
let control: Control | undefined;
let sockets: Socket[];
let crashes: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-control-'));
  sockets = [];
  crashes = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  await control?.close();
  await rm(folder, { recursive: true });
  expect(crashes).toEqual([]);
});

async function opened(peer: PeerFace): Promise<void> {
  control = await openControl(folder, peer, (error) => crashes.push(error));
}

async function alone(blocks = 0): Promise<House['here'][number]> {
  const here = await new House().open('a', new Author(1), await storeWith(blocks));
  await opened(here.peer);
  return here;
}

interface Client {
  readonly socket: Socket;
  /** All it was told so far. */
  readonly told: () => Record<string, unknown>[];
  readonly ended: Promise<void>;
}

/** Says these bytes, and ends its side unless it stays. */
function client(said: string | Uint8Array, stays = true): Client {
  const socket = connect({ path: join(folder, socketName), allowHalfOpen: true });
  sockets.push(socket);
  let text = '';
  socket.on('data', (piece) => {
    text += String(piece);
  });
  socket.on('error', () => undefined);
  if (stays) socket.write(said);
  else socket.end(said);
  const ended = new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()));
  const told = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return { socket, told, ended };
}

async function conversation(said: string | Uint8Array, stays = true): Promise<Record<string, unknown>[]> {
  const { told, ended } = client(said, stays);
  await ended;
  return told();
}

const status = '{"request":"status"}\n';
const follow = '{"request":"blocks","follow":true}\n';
const refusal = (code: string) => [{ answer: 'refused', code, message: expect.any(String) }];

describe('a conversation', () => {
  it('is a request, its answers, and the end', async () => {
    const { peer } = await alone(2);
    expect(await conversation(status)).toEqual([
      expect.objectContaining({ answer: 'status', publicKey: peer.publicKey, height: 2 }),
      { answer: 'done' },
    ]);
    const blocks = await conversation('{"request":"blocks"}\n');
    expect(blocks.map(({ answer, height }) => [answer, height])).toEqual([
      ['block', 0],
      ['block', 1],
      ['done', undefined],
    ]);
    const [shared] = await conversation('{"request":"share","data":"aGVsbG8="}\n');
    expect([...peer.pending.values()]).toMatchObject([{ id: shared?.['id'], data: utf8Bytes('hello') }]);
  });

  it('is answered whole when the client ends its side, but nothing is waited for then', async () => {
    await alone(300);
    expect(await conversation('{"request":"blocks"}\n', false)).toHaveLength(301);
    expect(await conversation('{"request":"blocks","from":299,"follow":true}\n', false)).toHaveLength(2);
    const waiting = await conversation('{"request":"share","data":"","wait":true}\n', false);
    expect([waiting[0]?.['answer'], waiting.at(-1)?.['answer']]).toEqual(['shared', 'done']);
  });

  it('may come in any pieces', async () => {
    await alone();
    const { socket, told, ended } = client('{"req');
    for (const piece of ['uest":', '"status"', '}', '\n{"request":"share","data":"aGVsbG8="}\n']) socket.write(piece);
    await ended;
    expect(told().map(({ answer }) => answer)).toEqual(['status', 'done']);
  });

  it('goes on with new blocks until the client leaves', async () => {
    const house = new House();
    const [a, b] = await house.pair();
    await opened(b.peer);
    const { socket, told } = client(follow);
    for (const height of [1, 2]) {
      a.peer.share(utf8Bytes(`item ${height}`));
      await house.pass(10_000, () => b.peer.status.height === height);
      await vi.waitFor(() => expect(told()).toHaveLength(height));
    }
    socket.destroy();
    const { told: others, ended } = client(status);
    await ended;
    expect(others()).toHaveLength(2);
  });

  it('waits for a slow reader', async () => {
    await alone(400);
    const { socket, told, ended } = client('{"request":"blocks"}\n');
    socket.pause();
    expect(await conversation(status)).toHaveLength(2);
    socket.resume();
    await ended;
    expect(told()).toHaveLength(401);
  });
});

describe('what is no request', () => {
  it.each([
    ['no JSON', 'status\n', 'bad-message'],
    ['an unknown request', '{"request":"stop"}\n', 'bad-message'],
    ['an empty line', '\n', 'bad-message'],
    ['no UTF-8', Uint8Array.of(0xff, 0x0a), 'bad-message'],
    ['a line that is too long', `${' '.repeat(requestBytes + 1)}\n`, 'too-long'],
    ['a line that never ends', 'x'.repeat(3 * requestBytes), 'too-long'],
    ['an item that is too large', `{"request":"share","data":"${'A'.repeat(699_056)}"}\n`, 'too-large'],
  ])('is refused: %s', async (_, said, code) => {
    await alone();
    expect(await conversation(said)).toEqual(refusal(code));
    expect(await conversation(status)).toHaveLength(2);
  });

  it.each(['', '{"request":'])('is refused when it ends too soon: %j', async (said) => {
    await alone();
    expect(await conversation(said, false)).toEqual(refusal('bad-message'));
  });

  it('is refused when it does not come', async () => {
    await alone();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, told, ended } = client('{"request"');
    await once(socket, 'connect');
    while (vi.getTimerCount() === 0) await setImmediate();
    await vi.advanceTimersByTimeAsync(requestWithinMs - 1);
    expect(told()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(told()).toEqual(refusal('refused'));
  });

  it('never ends the peer, whatever it is', async () => {
    await alone(1);
    const seeded = new Seeded(4);
    const valid = [status, follow, '{"request":"share","data":"aGVsbG8=","wait":true}\n'];
    for (let round = 0; round < 100; round++) {
      const said = Buffer.from(seeded.pick(valid));
      for (let changes = seeded.below(4); changes >= 0; changes--) said[seeded.below(said.length)] = seeded.u32();
      const { told, ended } = client(said, false);
      await ended;
      expect(['done', 'refused'], `round ${round}`).toContain(told().at(-1)?.['answer']);
    }
    expect(await conversation(status)).toHaveLength(2);
  });
});

describe('many clients', () => {
  it('are answered up to a number, and one more is told that there are too many', async () => {
    await alone();
    const clients = Array.from({ length: mostClients }, () => client(follow));
    for (const { socket } of clients) await once(socket, 'connect');
    expect(await conversation(status)).toEqual([
      { answer: 'refused', code: 'refused', message: expect.stringContaining(`${mostClients}`) },
    ]);
    for (const { socket } of clients) socket.destroy();
    await vi.waitFor(async () => expect(await conversation(status)).toHaveLength(2));
  });
});

describe('the control socket', () => {
  it('goes with its conversations when it is closed, and says why', async () => {
    await alone();
    const [follower, silent] = [client(follow), client('')];
    await vi.waitFor(() => expect(follower.socket.readyState).toBe('open'));
    expect(await conversation(status)).toHaveLength(2);
    await Promise.all([control?.close(), control?.close()]);
    await Promise.all([follower.ended, silent.ended]);
    for (const { told } of [follower, silent]) {
      expect(told()).toEqual([{ answer: 'refused', code: 'refused', message: 'the peer has ended' }]);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not wait long for a client that reads nothing and stays', async () => {
    await alone(2_000);
    const { socket } = client('{"request":"blocks","follow":true}\n');
    await once(socket, 'connect');
    socket.pause();
    expect(await conversation(status)).toHaveLength(2);
    const begun = performance.now();
    await control?.close();
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('tells whoever asked that the peer has failed, and its owner why', async () => {
    const { peer } = await alone();
    const bug = new Error('invariant broken');
    vi.spyOn(peer, 'peers').mockImplementation(() => {
      throw bug;
    });
    expect(await conversation(status)).toEqual(refusal('failed'));
    expect(crashes.splice(0)).toEqual([bug]);
  });
});
