/**
 * The relay's certificate and key, out of files that something else keeps fresh (certbot, say).
 *
 * A pair is tried before it is used: files that do not belong together, or are no PEM, change nothing that runs.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { PeerError } from '../core/errors.ts';

export interface TlsFiles {
  /** Path of the certificate with those that lead to its root, PEM. */
  readonly cert: string;
  /** Path of its secret key, PEM. */
  readonly key: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws PeerError `bad-config` that says which file is wrong, and how */
export async function readTls({ cert, key }: TlsFiles): Promise<TlsPair> {
  const pair = { cert: await read(cert, 'certificate'), key: await read(key, 'key') };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new PeerError('bad-config', `${cert} and ${key} are no certificate and its key: ${(error as Error).message}`);
  }
  return pair;
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new PeerError('bad-config', `the ${what} ${path} cannot be read: ${(error as Error).message}`);
  }
}
