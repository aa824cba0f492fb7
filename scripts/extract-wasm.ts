/**
 * Takes the two WASM modules of a tab out of their packages, as files that Vite can carry like any other asset.
 *
 * nostr-wasm holds libsecp256k1 as base64 inside a script, which would load all of it before the first paint;
 * @bokuweb/zstd-wasm lets nobody import its file. Both are pinned by SHA-256: web/wasm drives them by the one-letter
 * names a compiler gave their exports, so another build of the same source would not do.
 *
 * `tsx scripts/extract-wasm.ts` writes them to web/wasm/generated/, which git ignores.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** libsecp256k1 with schnorrsig, 218 kB. */
export function extractSecp256k1Wasm(): Uint8Array<ArrayBuffer> {
  const script = readFileSync(require.resolve('nostr-wasm'), 'utf8');
  // Base64 of the four bytes every WASM module begins with.
  const [, base64] = /"(AGFzb[A-Za-z0-9+/]+=*)"/.exec(script) ?? [];
  if (base64 === undefined) throw new Error('nostr-wasm holds no WASM module any more');
  return pinned(
    'nostr-wasm',
    Buffer.from(base64, 'base64'),
    'a343e0db7a33da2648820b7705a659b5c84b042c581509cb18d185314f94dc0e',
  );
}

/** zstd, 252 kB. */
export function extractZstdWasm(): Uint8Array<ArrayBuffer> {
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'));
  return pinned(
    '@bokuweb/zstd-wasm',
    readFileSync(join(folder, 'zstd.wasm')),
    '80260eee5795ee8072bb5821e203730c74dca3909938f5ac1128da67f96223df',
  );
}

/** Writes both where web/wasm/modules.ts names them. */
export function writeWasm(): void {
  const folder = fileURLToPath(new URL('../web/wasm/generated/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'secp256k1.wasm'), extractSecp256k1Wasm());
  writeFileSync(join(folder, 'zstd.wasm'), extractZstdWasm());
}

function pinned(name: string, bytes: Uint8Array, sha256: string): Uint8Array<ArrayBuffer> {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`the WASM module of ${name} is another than the one the loader was made for`);
  return Uint8Array.from(bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeWasm();
