/**
 * A tab's chain as a file, and a file's chain in a tab: the same file that `mccloud export` writes (docs/protocol.md,
 * Export). Loaded when it is first wanted.
 *
 * It works on the public face of a peer: blocks are read as any script reads them, and put back into the bytes they came
 * in; what is imported is handed to the peer, which verifies it.
 */
import { type Block, encodeBlock } from '../../core/chain/block.ts';
import { hexToBytes } from '../../core/codec/bytes.ts';
import type { Hash, HashHex, PublicKey, PublicKeyHex, Signature } from '../../core/crypto/keys.ts';
import { TransferError } from '../../core/errors.ts';
import type { BlockView, PeerFace } from '../../core/face.ts';
import { type Compress, inspectExport, readExport, writeExport } from '../../core/storage/export.ts';

export interface ChainFile {
  readonly blob: Blob;
  /** Under which it may be kept: `<network>-<height>.mccloud`. */
  readonly name: string;
  readonly blocks: number;
}

/** Told after every part. */
export type Progressed = (blocks: number, of: number) => void;

/** The chain as it is held now. @throws TransferError `unsettled` when it will not hold still */
export async function exportBlob(peer: PeerFace, compress: Compress, progressed: Progressed): Promise<ChainFile> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { network, height } = peer.status;
    const reading = new Reading(peer, height, progressed);
    const blob = await blobOf(writeExport(network, reading.blocks(), compress));
    if (!reading.hasMoved) return { blob, name: `${network}-${height}.mccloud`, blocks: height };
  }
  throw new TransferError('unsettled', 'The chain changed every time while it was read; try again.');
}

/**
 * @returns how many blocks followed those held
 * @throws TransferError; PeerError `closed`
 */
export async function importBlob(peer: PeerFace, file: Blob, progressed: Progressed): Promise<number> {
  const { network, blocks } = await inspectExport(chunksOf(file));
  const own = peer.status.network;
  if (network !== own) {
    throw new TransferError('other-network', `The file is of the network ${network}, and this is ${own}.`);
  }
  return await peer.importBlocks(told(readExport(chunksOf(file)), (read) => progressed(read, blocks)));
}

/** A branch is left seldom; more often in a row it is something else. */
const mostAttempts = 5;
/** Pieces are given to the browser when they are so many: it may keep them on its disk. */
const gatheredBytes = 4 * 1024 * 1024;

/** One reading of the chain, from the first block to the one that was the newest when it began. */
class Reading {
  readonly #peer: PeerFace;
  readonly #height: number;
  readonly #progressed: Progressed;
  /** The chain left a branch that was read already: what was read is no chain. */
  hasMoved = false;

  constructor(peer: PeerFace, height: number, progressed: Progressed) {
    this.#peer = peer;
    this.#height = height;
    this.#progressed = progressed;
  }

  async *blocks(): AsyncGenerator<Uint8Array, void> {
    let last: HashHex | undefined;
    let read = 0;
    for await (const view of this.#peer.blocks({ from: 0, to: this.#height })) {
      if (view.height !== read || view.parent !== last) break;
      yield encodeBlock(blockOf(view));
      last = view.hash;
      this.#progressed(++read, this.#height);
    }
    this.hasMoved = read < this.#height;
  }
}

/** Views show what came as it came: keys that are none are among it, and stay what they are. */
function blockOf({ parent, hash, author, nextChoices, items, signature }: BlockView): Block {
  return {
    parent: parent === undefined ? undefined : (hexToBytes(parent) as Hash),
    hash: hexToBytes(hash) as Hash,
    data: items.map((item) => ({
      data: item.data,
      author: keyOf(item.author),
      sign: hexToBytes(item.signature) as Signature,
    })),
    nextChoices: nextChoices.map(keyOf),
    author: keyOf(author),
    sign: hexToBytes(signature) as Signature,
  };
}

function keyOf(hex: PublicKeyHex): PublicKey {
  return hexToBytes(hex) as PublicKey;
}

async function blobOf(pieces: AsyncIterable<Uint8Array>): Promise<Blob> {
  let blob = new Blob([], { type: 'application/octet-stream' });
  let gathered: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    gathered.push(piece as Uint8Array<ArrayBuffer>);
    bytes += piece.length;
    if (bytes < gatheredBytes) continue;
    blob = new Blob([blob, ...gathered], { type: blob.type });
    [gathered, bytes] = [[], 0];
  }
  return new Blob([blob, ...gathered], { type: blob.type });
}

/** Not every browser iterates over a stream. */
async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array, void> {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** Tells of a part when the next one is asked for: it was taken then. */
async function* told(
  parts: AsyncIterable<readonly Uint8Array[]>,
  tell: (read: number) => void,
): AsyncGenerator<readonly Uint8Array[], void> {
  let read = 0;
  for await (const part of parts) {
    yield part;
    read += part.length;
    tell(read);
  }
}
