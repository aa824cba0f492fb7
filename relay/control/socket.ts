/**
 * Where the control socket of a folder is: `control.sock` in it, which only its owner may connect to.
 *
 * It comes into being inside a folder of mode 700 and is moved to its place when its own mode is 600, so there is no
 * moment in which others may connect; what an earlier peer left there gives way in the same step. A socket's path may be
 * 103 bytes long and Node cuts a longer one without a word, so a folder with a longer path is reached by a link.
 */
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, realpath, rename, rm, symlink } from 'node:fs/promises';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlError } from './errors.ts';

/** In a peer's folder. */
export const socketName = 'control.sock';

/** For whoever holds the folder. @throws ControlError `path-too-long`, and what Node throws */
export async function listenIn(folder: string, server: Server): Promise<void> {
  const making = join(folder, makingName);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  try {
    await withShortPath(folder, async (short) => {
      server.listen(join(short, makingName, madeName));
      await once(server, 'listening');
    });
    await chmod(join(making, madeName), 0o600);
    await rename(join(making, madeName), join(folder, socketName));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** @returns the socket, connected. @throws ControlError `path-too-long`, and what Node throws: `ENOENT`, `ECONNREFUSED` … */
export function connectTo(folder: string): Promise<Socket> {
  return withShortPath(folder, async (short) => {
    const socket = connect(join(short, socketName));
    await once(socket, 'connect');
    return socket;
  });
}

/** Takes the socket away. */
export function removeSocket(folder: string): Promise<void> {
  return rm(join(folder, socketName), { force: true });
}

const makingName = 'control.new';
const madeName = 's';
/** The least of what systems allow, macOS’s 104 with the zero at the end; Linux has 108. */
const mostPathBytes = 103;
const longestName = join(makingName, madeName).length > socketName.length ? join(makingName, madeName) : socketName;

/** Calls `use` with a path of this folder that leaves room for a name in it. */
async function withShortPath<T>(folder: string, use: (short: string) => Promise<T>): Promise<T> {
  if (isShort(folder)) return use(folder);
  const links = await mkdtemp(join(tmpdir(), 'mccloud-'));
  try {
    const short = join(links, 'f');
    if (!isShort(short)) {
      throw new ControlError('path-too-long', `no socket can be in ${folder}: its path and ${tmpdir()} are too long`);
    }
    await symlink(await realpath(folder), short);
    return await use(short);
  } finally {
    await rm(links, { recursive: true, force: true });
  }
}

function isShort(folder: string): boolean {
  return Buffer.byteLength(join(folder, longestName)) <= mostPathBytes;
}
