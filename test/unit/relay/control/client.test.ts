import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import { ask, type Told } from '../../../../relay/control/client.ts';
import { ControlError } from '../../../../relay/control/errors.ts';
import type { Request } from '../../../../relay/control/messages.ts';
import { openControl } from '../../../../relay/control/server.ts';
import { listenIn } from '../../../../relay/control/socket.ts';
import { lockFolder } from '../../../../relay/store/folder-lock.ts';
import { Author } from '../../../model/author.ts';
import { House, storeWith } from '../../../model/house.ts';

let folder: string;
let ends: (() => unknown)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-client-'));
  ends = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

const status: Request = { kind: 'status' };

async function told(request: Request, left?: AbortSignal): Promise<Told[]> {
  const answers: Told[] = [];
  for await (const answer of ask(folder, request, left)) answers.push(answer);
  return answers;
}

/** A stand-in for a peer, that says these bytes to whoever asks. */
async function saying(...pieces: readonly string[]): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
  });
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await listenIn(folder, server);
}

describe('ask', () => {
  it('gives what the peer answers', async () => {
    const { peer } = await new House().open('a', new Author(1), await storeWith(3));
    const control = await openControl(folder, peer, () => undefined);
    ends.push(() => control.close());
    const blocks = await told({ kind: 'blocks', from: 1, follow: false });
    const held = [];
    for await (const block of peer.blocks({ from: 1 })) held.push({ kind: 'block', block });
    expect(blocks).toEqual(held);
    expect(await told(status)).toMatchObject([{ kind: 'status', report: { height: 3 } }]);
    const data = utf8Bytes('x');
    expect(await told({ kind: 'share', data, wait: false })).toEqual([
      { kind: 'shared', id: [...peer.pending.keys()][0] },
    ]);
  });

  it('ends without a complaint when this side leaves', async () => {
    const { peer } = await new House().open('a', new Author(1), await storeWith(1));
    const control = await openControl(folder, peer, () => undefined);
    ends.push(() => control.close());
    const leaving = new AbortController();
    const answers: Told[] = [];
    for await (const answer of ask(folder, { kind: 'blocks', from: 0, follow: true }, leaving.signal)) {
      answers.push(answer);
      leaving.abort();
    }
    expect(answers).toHaveLength(1);
    expect(await told({ kind: 'blocks', from: 0, follow: true }, leaving.signal)).toEqual([]);
  });

  it('passes on what the peer refuses', async () => {
    await saying('{"answer":"refused","code":"x","message":"not today"}\n');
    await expect(told(status)).rejects.toMatchObject({ name: 'ControlError', code: 'refused', message: 'not today' });
  });

  it.each([
    ['nothing', [], 'cut'],
    ['half a line', ['{"answer":"do'], 'cut'],
    ['no end', ['{"answer":"waiting","for":null}\n'], 'cut'],
    ['no JSON', ['hello\n'], 'bad-message'],
    ['no answer', ['{"answer":"maybe"}\n'], 'bad-message'],
  ])('says so when the peer answers %s', async (_, pieces, code) => {
    await saying(...pieces);
    await expect(told(status)).rejects.toMatchObject({ name: 'ControlError', code });
  });
});

describe('a folder without a peer', () => {
  it('is named whole', async () => {
    await expect(told(status)).rejects.toEqual(
      new ControlError('no-peer', `no peer is running for the folder ${folder}`),
    );
  });

  it('is told from one that another process uses', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    ends.push(() => child.kill());
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: child.pid }));
    await expect(told(status)).rejects.toMatchObject({
      code: 'no-peer',
      message: `process ${child.pid} uses the folder ${folder}, but takes no commands`,
    });
  });

  it('may hold a socket, or something else of its name, that nobody answers', async () => {
    const unlock = await lockFolder(folder);
    await unlock();
    await writeFile(join(folder, 'control.sock'), 'no socket');
    await expect(told(status)).rejects.toMatchObject({ code: 'no-peer' });
  });

  it('may be no folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(ask(file, status).next()).rejects.toMatchObject({ code: 'no-peer' });
    await expect(ask(join(folder, 'none'), status).next()).rejects.toMatchObject({ code: 'no-peer' });
  });
});
