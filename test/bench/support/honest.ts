/**
 * What honest visitors of a relay do, and how long it takes them: a page, a join, a link to the archive, an item in a
 * block. What fails, or takes more than `mostMs`, is counted and not timed.
 */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { utf8Bytes } from '../../../core/codec/bytes.ts';
import type { Peer } from '../../../core/host.ts';
import { openNodePeer } from '../../../relay/open.ts';
import { SignalingClient } from '../../model/signaling-client.ts';

const mostMs = 20_000;

/** Does it again and again, that far apart, the next without waiting for the last. */
export async function repeated(
  times: number,
  apartMs: number,
  one: (place: number) => Promise<number>,
): Promise<{ readonly timesMs: readonly number[]; readonly failed: number }> {
  const timesMs: number[] = [];
  let failed = 0;
  const running: Promise<void>[] = [];
  for (let place = 0; place < times; place++) {
    const inTime = Promise.race([one(place), wait(mostMs, undefined, { ref: false }).then(() => Promise.reject())]);
    running.push(
      inTime.then(
        (ms) => void timesMs.push(ms),
        () => void failed++,
      ),
    );
    await wait(apartMs);
  }
  await Promise.all(running);
  return { timesMs, failed };
}

/** From the dial of a new connection to the last byte of the page. */
export async function loadPage(url: string): Promise<number> {
  const startedAt = performance.now();
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`the page is ${response.statusCode}`);
  return performance.now() - startedAt;
}

/** From the dial of a new connection until it is told of others. @param seed chooses the key */
export async function joinRoom(url: string, seed: number): Promise<number> {
  const startedAt = performance.now();
  const client = await SignalingClient.joined(url, seed);
  await client.told();
  const ms = performance.now() - startedAt;
  await client.close();
  return ms;
}

/** From the dial of a new connection until both sides have shown that they hold their keys. */
export async function linkArchive(url: string, folder: string, name: string): Promise<number> {
  const peer = await openNodePeer({ network: 'main', folder: join(folder, name) });
  try {
    const startedAt = performance.now();
    await linked(peer, url);
    return performance.now() - startedAt;
  } finally {
    await peer.close();
  }
}

export async function linked(peer: Peer, url: string): Promise<void> {
  peer.connect(`${url.replace('http', 'ws')}/peer/main`);
  while (peer.connected.size === 0) {
    await new Promise<void>((resolve) => {
      const stop = peer.on('change', () => {
        stop();
        resolve();
      });
    });
  }
}

/** A block stands at least 750 ms after the last one. */
export async function shareToBlock(peer: Peer, text: string): Promise<number> {
  const startedAt = performance.now();
  await peer.share(utf8Bytes(text)).included;
  return performance.now() - startedAt;
}
