/**
 * What a peer answers to a request at its control socket. Knows nothing of sockets and lines.
 *
 * An answer that goes on (following blocks, waiting for an item's block) ends when the signal aborts.
 */
import type { PeerFace, Receipt } from '../../core/face.ts';
import type { Answer, PeerReport, Request } from './messages.ts';

/**
 * Everything but the line that ends the conversation.
 * @param gone aborts when nobody waits for more
 * @throws PeerError, StoreError: what the peer refuses
 */
export async function* answersTo(peer: PeerFace, request: Request, gone: AbortSignal): AsyncGenerator<Answer, void> {
  switch (request.kind) {
    case 'status':
      yield { kind: 'status', report: reportOf(peer) };
      return;
    case 'share': {
      const receipt = peer.share(request.data);
      yield { kind: 'shared', id: receipt.item.id };
      if (request.wait) yield* untilIncluded(receipt, gone);
      return;
    }
    case 'blocks':
      yield* blocksFrom(peer, request.from, request.follow, gone);
      return;
  }
}

function reportOf(peer: PeerFace): PeerReport {
  const { network, listen, height, root, tip, final, storage, syncing, waitingFor, problems } = peer.status;
  return {
    publicKey: peer.publicKey,
    network,
    listen,
    process: process.pid,
    height,
    root,
    tip,
    final,
    storage,
    syncing,
    waitingFor,
    problems,
    known: peer.known.size,
    connected: peer.peers().map(({ publicKey, address, carrier, dialled, ours }) => {
      return { publicKey, address, carrier, dialled, ours };
    }),
    pending: peer.pending.size,
  };
}

/** Ends when the item stands in a block now: one that a reorganisation undid meanwhile does not count. */
async function* untilIncluded(receipt: Receipt, gone: AbortSignal): AsyncGenerator<Answer, void> {
  let told: string | undefined;
  while (!gone.aborted) {
    const { progress } = receipt;
    if (progress.level !== 'pending') {
      yield { kind: 'included', height: progress.height, block: progress.block };
      return;
    }
    if (progress.waitingFor !== told) {
      told = progress.waitingFor;
      yield { kind: 'waiting', waitingFor: told };
      continue;
    }
    await nextProgress(receipt, gone);
  }
}

/** Rejects when the peer closes. */
async function nextProgress(receipt: Receipt, gone: AbortSignal): Promise<void> {
  let end: () => void = () => undefined;
  const moved = new Promise<void>((resolve, reject) => {
    end = receipt.onProgress(() => resolve());
    receipt.included.catch(reject);
  });
  try {
    await orAborted(moved, gone);
  } finally {
    end();
  }
}

/** Those that are held, then new ones without a gap; after a reorganisation the heights begin again where it began. */
async function* blocksFrom(
  peer: PeerFace,
  from: number,
  follow: boolean,
  gone: AbortSignal,
): AsyncGenerator<Answer, void> {
  const fresh = follow ? peer.newBlocks()[Symbol.asyncIterator]() : undefined;
  const to = follow ? Math.max(from, peer.status.height) : Number.POSITIVE_INFINITY;
  // Begun before the held ones are read: it sees from now on what a reorganisation takes away.
  let next = fresh?.next();
  try {
    for await (const block of peer.blocks({ from, to })) {
      if (gone.aborted) return;
      yield { kind: 'block', block };
    }
    while (fresh !== undefined && next !== undefined) {
      const result = await orAborted(next, gone);
      if (result === undefined || result.done === true) return;
      if (result.value.height >= from) yield { kind: 'block', block: result.value };
      next = fresh.next();
    }
  } finally {
    // It ends at the peer's next event; nobody waits for that, nor hears of what its last step came to.
    next?.catch(() => undefined);
    fresh?.return?.().catch(() => undefined);
  }
}

/** Undefined when it was aborted first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
