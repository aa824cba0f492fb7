/**
 * Ports in a row on loopback that nobody uses, for programs that must be told theirs.
 *
 * They lie below those that systems give to whoever asks for any, so none is taken by chance before its program has it;
 * where to look first depends on the process, so two runs on one machine do not look at the same.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Linux gives out 32768 and more. */
const [first, last] = [11_000, 32_000];
const stride = 16;
/** A prime, so that processes that follow each other begin far apart. */
let next = process.pid * 7_919;

/** @returns the first of them. A second call goes on where the last one ended. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < (last - first) / stride; tries++) {
    const port = first + (next % (last - first - count));
    next += stride * Math.ceil(count / stride);
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(port + i)));
    if (!free.includes(false)) return port;
  }
  throw new Error(`no ${count} ports in a row are free between ${first} and ${last}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
