/**
 * What a peer needs of a Node process (core/platform.ts): identity and chain in a folder, libsecp256k1, the system's
 * clock and randomness.
 */
import { randomBytes } from 'node:crypto';
import { LinkError } from '../core/errors.ts';
import type { Transport } from '../core/link.ts';
import type { Platform } from '../core/platform.ts';
import { NodeClock } from './clock.ts';
import { nodeCurve, nodeVerifier } from './curve.ts';
import type { Torn } from './store/block-files.ts';
import { folderDisk } from './store/disk.ts';
import { FileStore } from './store/files.ts';
import { openIdentity } from './store/identity.ts';

export interface NodePlatform extends Platform {
  readonly store: FileStore;
}

/**
 * @param crashed where a bug is reported that no caller can catch
 * @throws StoreError when the folder cannot be used or holds an identity that is none
 */
export async function nodePlatform(
  folder: string,
  transports: readonly Transport[],
  crashed: (error: unknown) => void,
): Promise<NodePlatform> {
  const store = new FileStore(folderDisk(folder), nodeVerifier);
  return {
    clock: new NodeClock(),
    random: (length) => new Uint8Array(randomBytes(length)),
    secret: await openIdentity(folder),
    curve: nodeCurve,
    verifier: nodeVerifier,
    store,
    transports: [...transports, tellTorn(store)],
    leftPending: [],
    crashed,
  };
}

/** Reaches nobody: a platform tells the user of itself by the way that transports have for it (core/link.ts). */
function tellTorn(store: FileStore): Transport {
  return {
    reaches: () => false,
    start({ problem }) {
      const { torn } = store;
      if (torn.bytes > 0 || torn.found > 0) problem('chain-torn', tornMessage(torn));
    },
    dial: (address) => Promise.reject(new LinkError('unsupported', `nothing here reaches ${address}`)),
    close: () => undefined,
  };
}

/** What opening a folder had to put in order. */
function tornMessage({ blocks, bytes, found }: Torn): string {
  const done: string[] = [];
  if (found > 0) done.push(`the index was damaged at ${counted(found, 'block')} and was made anew from them`);
  if (bytes > 0) done.push(`${counted(bytes, 'byte')} at the end, of ${counted(blocks, 'block')}, were cut`);
  return `This peer had ended in the middle of a write: ${done.join(', and ')}. Nothing before that is lost.`;
}

function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
