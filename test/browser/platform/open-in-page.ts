/**
 * Opening peers inside a page, with the browser's storage as it is or refused; answers with plain values.
 */
import { itemIdFrom, itemIdHex } from '../../../core/crypto/keys.ts';
import type { Peer } from '../../../core/host.ts';
import { openPeer } from '../../../web/open.ts';

export interface Standing {
  readonly key: string;
  readonly storage: string;
  /** Codes and messages. */
  readonly problems: readonly (readonly [string, string])[];
  readonly pending: readonly string[];
  readonly openMs: number;
}

let peer: Peer | undefined;

/** Without a relay: alone in the network. */
export async function openAlone(network: string): Promise<Standing> {
  const begun = performance.now();
  peer = await openPeer({ network, relay: undefined });
  const openMs = performance.now() - begun;
  const { storage, problems } = peer.status;
  return {
    key: peer.publicKey,
    storage,
    problems: problems.map(({ code, message }) => [code, message] as const),
    pending: [...peer.pending.values()].map(({ data }) => new TextDecoder().decode(data)),
    openMs,
  };
}

/** Shares text and waits until it is kept for the next time. */
export async function leave(text: string): Promise<void> {
  const { item } = peer?.share(new TextEncoder().encode(text)) ?? {};
  if (item === undefined) throw new Error('no peer is open');
  const names = (await indexedDB.databases()).map(({ name }) => name ?? '').filter((name) => /\/\d+$/.test(name));
  for (;;) {
    for (const name of names) if ((await pendingIds(name)).includes(item.id)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function close(): Promise<void> {
  await peer?.close();
}

/** Of all texts pending now, whether this one is there, within a second. */
export async function hasPending(text: string): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    const texts = [...(peer?.pending.values() ?? [])].map(({ data }) => new TextDecoder().decode(data));
    if (texts.includes(text)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

export function refuseLocks(): void {
  Object.defineProperty(navigator, 'locks', { value: undefined });
}

export function refuseDatabases(): void {
  IDBFactory.prototype.open = () => {
    throw new DOMException('The user denied permission to store.', 'SecurityError');
  };
}

async function pendingIds(name: string): Promise<string[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const keys = await new Promise<IDBValidKey[]>((resolve, reject) => {
    const request = database.transaction('pending').objectStore('pending').getAllKeys();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  database.close();
  return keys.map((key) => itemIdHex(itemIdFrom(new Uint8Array(key as ArrayBuffer))));
}
