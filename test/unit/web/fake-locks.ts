/**
 * Web Locks of one browser, shared by as many tabs as a test likes; a tab that ends gives its locks back.
 */

interface Held {
  readonly name: string;
  readonly release: () => void;
}

interface Waiting {
  readonly name: string;
  readonly grant: () => void;
}

export class FakeBrowser {
  readonly #held = new Set<Held>();
  #waiting: Waiting[] = [];

  holds(name: string): boolean {
    return [...this.#held].some((held) => held.name === name);
  }

  get heldNames(): string[] {
    return [...this.#held].map(({ name }) => name).sort();
  }

  tab(): FakeTab {
    return new FakeTab(this);
  }

  take(name: string, release: () => void): Held {
    const held = { name, release };
    this.#held.add(held);
    return held;
  }

  giveBack(held: Held): void {
    if (!this.#held.delete(held)) return;
    const next = this.#waiting.find(({ name }) => name === held.name);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    next?.grant();
  }

  wait(waiting: Waiting): () => void {
    this.#waiting.push(waiting);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    };
  }
}

export class FakeTab {
  readonly #browser: FakeBrowser;
  readonly #held = new Set<Held>();

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
  }

  /** What a page of this tab sees as `navigator.locks`. */
  get locks(): LockManager {
    return { request: this.#request.bind(this), query: async () => ({}) } as LockManager;
  }

  /** Reloaded or closed: the browser gives back what it held. */
  end(): void {
    for (const held of [...this.#held]) this.#browser.giveBack(held);
  }

  async #request(name: string, options: LockOptions, callback: LockGrantedCallback<unknown>): Promise<unknown> {
    if (this.#browser.holds(name)) {
      if (options.ifAvailable === true) return await callback(null);
      await this.#granted(name, options.signal);
    }
    let giveBack = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    const held = this.#browser.take(name, giveBack);
    this.#held.add(held);
    try {
      return await Promise.race([callback({ name, mode: 'exclusive' }), ended]);
    } finally {
      this.#browser.giveBack(held);
    }
  }

  #granted(name: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#browser.wait({ name, grant: resolve });
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
  }
}

/** sessionStorage of one tab. */
export class FakeSession implements Pick<Storage, 'getItem' | 'setItem'> {
  readonly #items = new Map<string, string>();

  getItem(name: string): string | null {
    return this.#items.get(name) ?? null;
  }

  setItem(name: string, value: string): void {
    this.#items.set(name, value);
  }
}
