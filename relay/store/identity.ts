/**
 * A peer's secret key in a file only its owner may read: `identity`, made once (design.md, Identity).
 *
 * JSON with the 32 bytes as hex, so that a person can back it up. A file that is not one of ours is never replaced:
 * that would be another peer.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToHex, hexToBytes } from '../../core/codec/bytes.ts';
import { type SecretKey, secretKeyFrom } from '../../core/crypto/keys.ts';
import { StoreError } from '../../core/errors.ts';
import { nodeCurve } from '../curve.ts';
import { writeFirst } from './first-written.ts';

/** Reads the identity of a folder, or makes it. @throws StoreError `corrupt`, `unavailable` */
export async function openIdentity(folder: string): Promise<SecretKey> {
  const path = join(folder, 'identity');
  try {
    await mkdir(folder, { recursive: true });
    return parsed(path, await read(path).catch(() => make(path)));
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreError('unavailable', message, { cause: error });
  }
}

const secretBytes = 32;

function read(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** @returns what stands there */
async function make(path: string): Promise<string> {
  await writeFirst(path, `${JSON.stringify({ secret: bytesToHex(newSecret()) }, null, 2)}\n`, 0o600);
  return read(path);
}

function newSecret(): SecretKey {
  for (;;) {
    const secret = secretKeyFrom(new Uint8Array(randomBytes(secretBytes)));
    if (isSecret(secret)) return secret;
  }
}

function parsed(path: string, text: string): SecretKey {
  try {
    const { secret: hex } = JSON.parse(text) as { secret?: unknown };
    const secret = secretKeyFrom(hexToBytes(String(hex)));
    if (isSecret(secret)) return secret;
  } catch {
    // Said below, in words that name the file.
  }
  throw new StoreError('corrupt', `${path} is not an identity; move it away to get a new one`);
}

function isSecret(secret: SecretKey): boolean {
  try {
    nodeCurve.publicKey(secret);
    return true;
  } catch {
    return false;
  }
}
