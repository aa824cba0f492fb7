/**
 * `npm run bench -- sync [blocks] [items] [runs]`: a Node peer with an empty folder reads a chain from another by TCP and
 * checks every signature in it (issue 4: 1,000 blocks of 10 items of 200 bytes, 5 ms a block).
 *
 * The other peer is a process of its own. Counted from the dial until all blocks are on the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNodePeer } from '../../relay/open.ts';
import { writeChain } from './support/chain.ts';
import { printTimes } from './support/figures.ts';
import { startPeer } from './support/peer-process.ts';

export async function run(args: readonly string[]): Promise<void> {
  const [blocks = 1_000, items = 10, runs = 3] = args.map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-sync-'));
  try {
    await writeChain(join(folder, 'full'), { blocks, items, itemBytes: 200 });
    for (const wire of ['cbc', 'gcm-siv'] as const) {
      const server = await startPeer(join(folder, 'full'), wire);
      const times: number[] = [];
      for (let i = 0; i < runs; i++)
        times.push(await synced(join(folder, `${wire}-${i}`), server.address, blocks, wire));
      await server.end();
      printTimes(`${wire}: dial → ${blocks} blocks of ${items} items`, times, `mark: ${5 * blocks} ms`);
      const least = Math.min(...times) / blocks;
      console.log(`${least.toFixed(2)} ms a block at best (mark 5 ms; the reference 46 ms, and checks no item)`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function synced(folder: string, address: string, blocks: number, wire: 'cbc' | 'gcm-siv'): Promise<number> {
  const peer = await openNodePeer({ network: 'main', folder, wire });
  const startedAt = performance.now();
  await new Promise<void>((resolve) => {
    peer.on('block', ({ height }) => {
      if (height === blocks - 1) resolve();
    });
    peer.connect(address);
  });
  // Ends after what was asked to be stored is stored.
  await peer.close();
  return performance.now() - startedAt;
}
