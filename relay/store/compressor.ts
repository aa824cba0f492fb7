/**
 * zstd at level 3 in WASM, loaded once: what the file store writes. Reading is fzstd's (core/storage/zstd.ts).
 */
import { compress, init } from '@bokuweb/zstd-wasm';

export type Compress = (bytes: Uint8Array) => Uint8Array;

/** The reference writes 19 and reads 3 as well (spec/wire.md, On disk); 3 costs a tenth of the time. */
const level = 3;

let loading: Promise<Compress> | undefined;

export function loadCompressor(): Promise<Compress> {
  loading ??= init().then(() => (bytes) => compress(bytes, level));
  return loading;
}
