/**
 * A committee on real sockets and real folders: what three of four members agree on becomes final for whoever shared it,
 * member or not, and stays so when they start again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '../../core/codec/bytes.ts';
import type { ItemIdHex, PublicKeyHex } from '../../core/crypto/keys.ts';
import type { Receipt } from '../../core/face.ts';
import type { Peer } from '../../core/host.ts';
import { openNodePeer } from '../../relay/open.ts';

const network = 'committee-test';
const members = ['one', 'two', 'three', 'four'];
const within = { timeout: 30_000, interval: 50 };
let folder: string;
let open: Peer[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-committee-'));
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((peer) => peer.close()));
  await rm(folder, { recursive: true });
});

async function opened(name: string, committee: readonly PublicKeyHex[]): Promise<Peer> {
  const reach = { kind: 'listens', host: '127.0.0.1', port: 0, announceBy: undefined } as const;
  const peer = await openNodePeer({ network, folder: join(folder, name), reach, committee });
  open.push(peer);
  return peer;
}

/** Linked in a line. */
async function line(names: readonly string[], committee: readonly PublicKeyHex[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const name of names) {
    const peer = await opened(name, committee);
    const before = peers.at(-1)?.status.listen;
    if (before !== undefined) peer.connect(before);
    peers.push(peer);
  }
  await vi.waitFor(
    () => expect(peers.map(({ known }) => known.size)).toEqual(names.map(() => names.length - 1)),
    within,
  );
  return peers;
}

async function closed(peers: readonly Peer[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer.close()));
  open = [];
}

/** Each member's key is made with its folder. */
async function keys(): Promise<PublicKeyHex[]> {
  const peers = await Promise.all(members.map((name) => opened(name, [])));
  const made = peers.map(({ publicKey }) => publicKey);
  await closed(peers);
  return made;
}

const levelOf = ({ progress }: Receipt) => progress.level;

describe('what is shared where there is a committee', { timeout: 120_000 }, () => {
  it('becomes final while one of four is away, and is so again after a restart; not while two are away', async () => {
    const committee = await keys();
    const names = [...members.slice(0, 3), 'guest'];
    const peers = await line(names, committee);
    const receipts = peers.map((peer, place) => peer.share(utf8Bytes(`item ${place}`)));
    await vi.waitFor(() => expect(receipts.map(levelOf)).toEqual(receipts.map(() => 'final')), within);
    expect(peers.map(({ status }) => status.final)).toEqual(peers.map(({ status }) => status.height - 1));
    const guestsItem = receipts.at(-1)?.item.id as ItemIdHex;
    await closed(peers);

    const again = await line(['guest', ...members.slice(0, 2)], committee);
    const guest = again[0] as Peer;
    await vi.waitFor(() => expect(guest.progressOf(guestsItem)?.level).toBe('final'), within);
    const late = guest.share(utf8Bytes('late'));
    const place = await late.included;
    await vi.waitFor(
      () => expect(again.map(({ status }) => status.height)).toEqual(again.map(() => place.height + 1)),
      within,
    );
    expect(levelOf(late)).not.toBe('final');
    const third = await opened('three', committee);
    third.connect(guest.status.listen as string);
    await vi.waitFor(() => expect(levelOf(late)).toBe('final'), within);
  });
});
