/**
 * What was sent to tabs and not yet read by them, under one budget for all: each may let some wait (signaling.ts), but
 * ten thousand that do so together would take the process's memory. Past the budget those go that let most wait.
 *
 * Who reads at once is never entered here: the system takes what is sent to it.
 */

/** 16 slow tabs for each of which as much waits as may, or a thousand with a call each. */
export const backlogBytes = 64 * 1024 * 1024;

export interface Reader {
  /** What waits for it now. */
  readonly unreadBytes: number;
  /** Its socket ends at once, and what waited for it is gone. */
  cut(): void;
}

export class Backlog {
  readonly #mostBytes: number;
  /** What waited for each when something was last sent to it: it may be less by now. */
  readonly #unread = new Map<Reader, number>();
  #bytes = 0;

  constructor(mostBytes: number = backlogBytes) {
    this.#mostBytes = mostBytes;
  }

  /** Something was sent to it that the system did not take at once. */
  sent(reader: Reader): void {
    this.#set(reader, reader.unreadBytes);
    if (this.#bytes > this.#mostBytes) this.#relieve();
  }

  forget(reader: Reader): void {
    this.#set(reader, 0);
  }

  #relieve(): void {
    for (const reader of [...this.#unread.keys()]) this.#set(reader, reader.unreadBytes);
    if (this.#bytes <= this.#mostBytes) return;
    for (const [reader] of [...this.#unread].sort(([, one], [, other]) => other - one)) {
      this.forget(reader);
      reader.cut();
      if (this.#bytes <= this.#mostBytes) return;
    }
  }

  #set(reader: Reader, bytes: number): void {
    this.#bytes += bytes - (this.#unread.get(reader) ?? 0);
    if (bytes === 0) this.#unread.delete(reader);
    else this.#unread.set(reader, bytes);
  }
}
