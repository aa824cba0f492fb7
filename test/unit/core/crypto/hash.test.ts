/**
 * core/crypto/hash.ts against Node's SHA-256.
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { bytesToHex, utf8Bytes } from '../../../../core/codec/bytes.ts';
import { RunningSha256, sha256, taggedHash } from '../../../../core/crypto/hash.ts';
import { Seeded } from '../../../model/seeded.ts';

const node = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

it('hashes parts as if they were one', () => {
  const seeded = new Seeded(14);
  for (let i = 0; i < 100; i++) {
    const bytes = seeded.bytes(seeded.below(300));
    expect(bytesToHex(sha256(...seeded.cut(bytes, 80)))).toBe(node(bytes).toString('hex'));
  }
  expect(bytesToHex(sha256())).toBe(node().toString('hex'));
});

it('hashes what comes piece by piece as if it had come at once', () => {
  const seeded = new Seeded(15);
  for (let i = 0; i < 100; i++) {
    const bytes = seeded.bytes(seeded.below(300));
    const hash = new RunningSha256();
    for (const piece of seeded.cut(bytes, 80)) hash.update(piece);
    expect(bytesToHex(hash.digest())).toBe(node(bytes).toString('hex'));
  }
});

it('hashes under a tag as BIP340 says, with the name of the purpose in it', () => {
  const tag = node(utf8Bytes('mccloud/challenge/1'));
  const content = utf8Bytes('content');
  expect(bytesToHex(taggedHash('challenge', content))).toBe(node(tag, tag, content).toString('hex'));
  expect(bytesToHex(taggedHash('signal', content))).not.toBe(bytesToHex(taggedHash('challenge', content)));
});
