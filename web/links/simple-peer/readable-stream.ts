/**
 * In place of `readable-stream`, in the page's bundle: what simple-peer needs of a stream to be one whose data is always
 * listened to and which is never written to (../connection.ts uses the channel itself).
 *
 * The package would be a third of all the page's JavaScript. No buffering, no pausing, no back-pressure: what is pushed
 * is told at once.
 */
type Listener = (...values: never[]) => void;

export class Duplex {
  // What simple-peer looks at and sets.
  readable = true;
  writable = true;
  readonly _readableState = { ended: false };
  readonly _writableState = { finished: false };
  readonly #listeners = new Map<string, Set<Listener>>();

  on(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return this;
  }

  once(event: string, listener: Listener): this {
    const once: Listener = (...values) => {
      this.removeListener(event, once);
      listener(...values);
    };
    return this.on(event, once);
  }

  removeListener(event: string, listener: Listener): this {
    this.#listeners.get(event)?.delete(listener);
    return this;
  }

  emit(event: string, ...values: unknown[]): boolean {
    const listeners = [...(this.#listeners.get(event) ?? [])];
    for (const listener of listeners) listener(...(values as never[]));
    return listeners.length > 0;
  }

  /** What has come; null is the end. */
  push(data: unknown): void {
    if (data === null) this._readableState.ended = true;
    else this.emit('data', data);
  }

  end(): void {
    this._writableState.finished = true;
  }
}
