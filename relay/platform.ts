/**
 * What a peer needs of a Node process (core/platform.ts): identity and chain in a folder, libsecp256k1, the system's
 * clock and randomness.
 */
import { randomBytes } from 'node:crypto';
import type { Transport } from '../core/link.ts';
import type { Platform } from '../core/platform.ts';
import { NodeClock } from './clock.ts';
import { nodeCurve, nodeVerifier } from './curve.ts';
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
  return {
    clock: new NodeClock(),
    random: (length) => new Uint8Array(randomBytes(length)),
    secret: await openIdentity(folder),
    curve: nodeCurve,
    verifier: nodeVerifier,
    store: new FileStore(folderDisk(folder), nodeVerifier),
    transports,
    leftPending: [],
    crashed,
  };
}
