/**
 * Tells a log what a peer goes through: links, problems, catching up, blocks.
 *
 * `info` has what comes and goes, `debug` each block and each peer that is heard of. A peer tells that something has
 * changed and not what, so what it was is remembered here.
 */
import type { PeerFace, PeerView } from '../../core/face.ts';
import type { Logs } from '../log.ts';

/** Goes on until the peer closes. */
export function narrate(peer: PeerFace, logs: Logs): void {
  const links = new Map<string, PeerView>();
  const known = new Set<string>();
  const problems = new Map<string, string>();
  let isSyncing = false;
  peer.on('change', () => {
    if (peer.status.closed) return;
    tellLinks(peer, links, logs);
    tellKnown(peer, known, logs);
    tellProblems(peer, problems, logs);
    const { syncing, height } = peer.status;
    if (syncing !== undefined && !isSyncing) logs.info('catching up', { held: syncing.held, of: syncing.of });
    if (syncing === undefined && isSyncing) logs.info('caught up', { blocks: height });
    isSyncing = syncing !== undefined;
  });
  peer.on('block', ({ height, hash, author, items }) => {
    logs.debug('block', { height, hash, author, items: items.length });
  });
  peer.on('revert', (blocks) => {
    logs.info('the chain was reorganised', { undone: blocks.length, from: blocks.at(-1)?.height ?? 0 });
  });
}

function tellLinks(peer: PeerFace, told: Map<string, PeerView>, logs: Logs): void {
  const now = new Map(peer.peers().map((link) => [`${link.publicKey} ${link.since}`, link]));
  for (const [id, { publicKey, address }] of told) {
    if (now.has(id)) continue;
    told.delete(id);
    logs.info('link ended', { key: publicKey, address });
  }
  for (const [id, link] of now) {
    if (told.has(id)) continue;
    told.set(id, link);
    const { publicKey, address, carrier, dialled, ours } = link;
    logs.info(dialled ? 'linked' : 'linked, was dialled', {
      key: publicKey,
      address,
      carrier,
      program: ours ? 'ours' : 'reference',
    });
  }
}

function tellKnown(peer: PeerFace, told: Set<string>, logs: Logs): void {
  for (const key of told) {
    if ((peer.known as ReadonlySet<string>).has(key)) continue;
    told.delete(key);
    logs.debug('offline', { key });
  }
  for (const key of peer.known) {
    if (told.has(key)) continue;
    told.add(key);
    logs.debug('online', { key });
  }
}

function tellProblems(peer: PeerFace, told: Map<string, string>, logs: Logs): void {
  const now = new Map(peer.status.problems.map(({ code, message }) => [code, message]));
  for (const code of told.keys()) {
    if (now.has(code)) continue;
    told.delete(code);
    logs.info('over', { problem: code });
  }
  for (const [code, message] of now) {
    if (told.get(code) === message) continue;
    told.set(code, message);
    logs.warn('problem', { problem: code, message });
  }
}
