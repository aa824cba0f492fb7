/**
 * Compressing blocks for the store: zstd in WASM once it is loaded, frames of raw blocks until then.
 *
 * Both are zstd frames and read alike (core/storage/zstd.ts). The module is the one inside @bokuweb/zstd-wasm, driven
 * here directly (scripts/extract-wasm.ts pins it), for that package's own loader never ends where WASM is refused.
 * Emscripten gave imports and exports one letter each; the functions are those of zstd.h.
 */
import { rawFrame } from '../../core/storage/zstd.ts';

/** What the reference uses too; higher levels cost more time than they save here. */
const level = 3;
/** A frame's head costs more than so few bytes can save. */
const leastBytes = 64;

/** An address in the module's memory; 0 when there is no more. */
type Pointer = number;

interface Exports {
  readonly f: WebAssembly.Memory;
  /** Runs the static constructors. */
  g(): void;
  /** ZSTD_isError */
  h(result: number): number;
  /** ZSTD_compressBound */
  i(bytes: number): number;
  /** ZSTD_compress */
  m(to: Pointer, toBytes: number, from: Pointer, fromBytes: number, level: number): number;
  /** malloc */
  s(bytes: number): Pointer;
  /** free */
  t(pointer: Pointer): void;
}

const pageBytes = 65_536;

export class FrameWriter {
  #wasm: Exports | undefined;

  async load(module: WebAssembly.Module): Promise<void> {
    let memory: WebAssembly.Memory | undefined;
    const imports = {
      // exit, abort, keepalive and setitimer: nothing here runs a program.
      a: refuse,
      b: refuse,
      c: refuse,
      d: refuse,
      e: (bytes: number) => grow(memory, bytes),
    };
    const instance = await WebAssembly.instantiate(module, { a: imports });
    const wasm = instance.exports as unknown as Exports;
    memory = wasm.f;
    wasm.g();
    this.#wasm = wasm;
  }

  /** One zstd frame, compressed where that is possible and helps. */
  frameOf(bytes: Uint8Array): Uint8Array {
    if (this.#wasm === undefined || bytes.length < leastBytes) return rawFrame(bytes);
    return compressed(this.#wasm, bytes) ?? rawFrame(bytes);
  }
}

/** Undefined when the memory does not suffice. */
function compressed(wasm: Exports, bytes: Uint8Array): Uint8Array | undefined {
  const bound = wasm.i(bytes.length);
  const from = wasm.s(bytes.length);
  const to = wasm.s(bound);
  try {
    if (from === 0 || to === 0) return undefined;
    new Uint8Array(wasm.f.buffer).set(bytes, from);
    const length = wasm.m(to, bound, from, bytes.length, level);
    if (wasm.h(length) !== 0) return undefined;
    return new Uint8Array(wasm.f.buffer).slice(to, to + length);
  } finally {
    wasm.t(from);
    wasm.t(to);
  }
}

/** emscripten_resize_heap: 1 when the memory now holds so many bytes. */
function grow(memory: WebAssembly.Memory | undefined, bytes: number): number {
  if (memory === undefined) return 0;
  try {
    memory.grow(Math.ceil(((bytes >>> 0) - memory.buffer.byteLength) / pageBytes));
    return 1;
  } catch {
    return 0;
  }
}

function refuse(): never {
  throw new Error('the zstd module asked for something that a compressor needs not');
}
