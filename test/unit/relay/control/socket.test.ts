import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectTo, listenIn, removeSocket, socketName } from '../../../../relay/control/socket.ts';

let folder: string;
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-socket-'));
  servers = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Says `word` to whoever connects. */
async function listening(where: string, word: string): Promise<Server> {
  const server = createServer((socket) => socket.end(word));
  servers.push(server);
  await listenIn(where, server);
  return server;
}

async function heard(where: string): Promise<string> {
  let text = '';
  for await (const piece of await connectTo(where)) text += String(piece);
  return text;
}

describe('the socket of a folder', () => {
  it('is its only new file, for its owner alone, and whoever connects is heard', async () => {
    await listening(folder, 'hello');
    expect(await readdir(folder)).toEqual([socketName]);
    const { mode } = await stat(join(folder, socketName));
    expect(mode & 0o777).toBe(0o600);
    expect(await heard(folder)).toBe('hello');
  });

  it('is made where none may look, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const server = createServer();
      servers.push(server);
      const modes: number[] = [];
      server.once('listening', () => modes.push(statSync(join(folder, 'control.new')).mode & 0o777));
      await listenIn(folder, server);
      modes.push((await stat(join(folder, socketName))).mode & 0o777);
      expect(modes).toEqual([0o700, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  it('takes the place of what an earlier peer left', async () => {
    await listening(folder, 'earlier');
    await listening(folder, 'later');
    expect(await heard(folder)).toBe('later');
    await mkdir(join(folder, 'control.new'), { recursive: true });
    await writeFile(join(folder, 'control.new', 's'), 'left by a crash');
    await listening(folder, 'latest');
    expect(await heard(folder)).toBe('latest');
    expect(await readdir(folder)).toEqual([socketName]);
  });

  it('goes when it is removed, and may be removed again', async () => {
    await listening(folder, 'hello');
    await removeSocket(folder);
    await removeSocket(folder);
    expect(await readdir(folder)).toEqual([]);
    await expect(connectTo(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is found with nobody there after a crash', async () => {
    const server = await listening(folder, 'hello');
    await new Promise((resolve) => server.close(resolve));
    expect(existsSync(join(folder, socketName))).toBe(true);
    await expect(connectTo(folder)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([60, 90, 200])('may be in a folder whose path is %i characters longer', async (length) => {
    const [long, links] = [join(folder, 'x'.repeat(length)), join(folder, 't')];
    for (const made of [long, links]) await mkdir(made);
    vi.stubEnv('TMPDIR', links);
    await listening(long, 'hello');
    expect(await readdir(long)).toEqual([socketName]);
    expect(await heard(long)).toBe('hello');
    expect(await readdir(links)).toEqual([]);
  });

  it('is refused where no path is short enough', async () => {
    const long = join(folder, 'x'.repeat(120));
    await mkdir(long);
    vi.stubEnv('TMPDIR', long);
    await expect(listenIn(long, createServer())).rejects.toMatchObject({ code: 'path-too-long' });
    await expect(connectTo(long)).rejects.toMatchObject({ name: 'ControlError', code: 'path-too-long' });
    expect(await readdir(long)).toEqual([]);
  });

  it('is not in a folder that is not there', async () => {
    await expect(connectTo(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(connectTo(join(folder, 'x'.repeat(150)))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
