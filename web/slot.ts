/**
 * Which identity and store a tab has: a slot of its network, held by a Web Lock for as long as the tab lives
 * (design.md, Identity).
 *
 * First the slot this tab had before, so that a reloaded tab is the same peer; else the lowest free one, so that a
 * reopened tab is. The browser gives a lock back when its holder ends, however it ends.
 */

export interface Slot {
  /** From 0. */
  readonly number: number;
  /** Gives the slot back before the tab ends. Idempotent. */
  release(): void;
}

/** Where a tab remembers its slot: the part of sessionStorage that is used here. */
export type Memory = Pick<Storage, 'getItem' | 'setItem'>;

/** So many tabs of one network in one browser have identities of their own. */
export const mostSlots = 64;
/** A reload may come before the browser has ended what was there. */
const patienceMs = 500;

/** Undefined when every slot is held. */
export async function takeSlot(
  network: string,
  locks: LockManager,
  memory: Memory | undefined,
): Promise<Slot | undefined> {
  const before = rememberedSlot(network, memory);
  const slot =
    (before === undefined
      ? undefined
      : await held(network, before, locks, { signal: AbortSignal.timeout(patienceMs) })) ??
    (await lowestFree(network, locks));
  if (slot !== undefined) remember(network, slot.number, memory);
  return slot;
}

/** Calls back while this slot is held, if nobody else holds it. */
export async function ifFree(
  network: string,
  slot: number,
  locks: LockManager,
  use: () => Promise<void>,
): Promise<void> {
  await locks.request(lockName(network, slot), { ifAvailable: true }, async (lock) => {
    if (lock !== null) await use();
  });
}

async function lowestFree(network: string, locks: LockManager): Promise<Slot | undefined> {
  for (let number = 0; number < mostSlots; number++) {
    const slot = await held(network, number, locks, { ifAvailable: true });
    if (slot !== undefined) return slot;
  }
  return undefined;
}

/** Holds the lock until it is released, or answers that it cannot be had. */
function held(network: string, number: number, locks: LockManager, options: LockOptions): Promise<Slot | undefined> {
  return new Promise((resolve, reject) => {
    const request = locks.request(lockName(network, number), options, (lock) => {
      if (lock === null) return undefined;
      return new Promise<void>((release) => resolve({ number, release }));
    });
    request.then(
      () => resolve(undefined),
      (error: unknown) => (isTimeout(error) ? resolve(undefined) : reject(error)),
    );
  });
}

function lockName(network: string, slot: number): string {
  return `mccloud/${network}/${slot}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

function memoryName(network: string): string {
  return `mccloud/${network}/slot`;
}

function rememberedSlot(network: string, memory: Memory | undefined): number | undefined {
  const text = memory?.getItem(memoryName(network));
  const number = Number(text ?? Number.NaN);
  return Number.isInteger(number) && number >= 0 && number < mostSlots ? number : undefined;
}

function remember(network: string, slot: number, memory: Memory | undefined): void {
  try {
    memory?.setItem(memoryName(network), String(slot));
  } catch {
    // A full or forbidden sessionStorage costs the tab its memory, not its slot.
  }
}
