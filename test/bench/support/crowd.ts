/**
 * Processes of `npm run bench -- relay`, as their parent sees them: a crowd of tabs, slow clients, a bare server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Order } from './crowd-process.ts';
import type { SlowOrder, SlowTelling } from './slow-process.ts';

/** One order at a time. */
class Helper {
  readonly #child: ChildProcess;
  readonly #exited: Promise<never>;

  constructor(script: string) {
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), { execArgv: ['--import', 'tsx'] });
    this.#exited = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`a helper of the benchmark ended (${code})`);
    });
    // Whoever waits for an answer is told; who waits for none does not mind.
    this.#exited.catch(() => undefined);
  }

  async ask(order: unknown): Promise<unknown> {
    this.#child.send(order as object);
    return this.told();
  }

  /** What it says next. @throws Error when it ends instead */
  async told(): Promise<unknown> {
    const [answer] = await Promise.race([once(this.#child, 'message'), this.#exited]);
    return answer;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited.catch(() => undefined);
  }
}

export class Crowd {
  readonly #helper = new Helper('crowd-process.ts');

  /** @param seed the first of their keys @returns how long it took, in milliseconds */
  async join(url: string, sockets: number, atOnce: number, seed = 1): Promise<number> {
    const answer = await this.#ask({ kind: 'join', url, sockets, atOnce, seed }, 'joined');
    return answer.ms;
  }

  measure(bare: string, samples: number, perSecond: number, seed: number): Promise<Answer & { kind: 'measured' }> {
    return this.#ask({ kind: 'measure', bare, samples, perSecond, seed }, 'measured');
  }

  async leave(): Promise<void> {
    await this.#ask({ kind: 'leave' }, 'left');
  }

  end(): Promise<void> {
    return this.#helper.end();
  }

  async #ask<K extends Answer['kind']>(order: Order, kind: K): Promise<Answer & { kind: K }> {
    const answer = (await this.#helper.ask(order)) as Answer;
    if (answer.kind !== kind) throw new Error(`the crowd has ${answer.kind} and was to have ${kind}`);
    return answer as Answer & { kind: K };
  }
}

export class SlowOnes {
  readonly #helper = new Helper('slow-process.ts');

  async come(url: string, clients: number): Promise<void> {
    await this.#helper.ask({ kind: 'come', url, clients } satisfies SlowOrder);
  }

  async tell(): Promise<readonly SlowTelling[]> {
    return (await this.#helper.ask({ kind: 'tell' } satisfies SlowOrder)) as SlowTelling[];
  }

  end(): Promise<void> {
    return this.#helper.end();
  }
}

/** A bare server to compare with. @returns where it is, and what ends it */
export async function startBare(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const helper = new Helper('bare-process.ts');
  return { url: (await helper.told()) as string, end: () => helper.end() };
}
