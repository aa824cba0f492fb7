/**
 * Peers on the stage that hold chains: the one that is tried, and its neighbours, who answer when they are asked.
 */
import type { Block } from '../../core/chain/block.ts';
import type { Author } from './author.ts';
import { SlowStore } from './slow-store.ts';
import { type Remote, Stage, type StageOptions, storedBlocks } from './stage.ts';

/** A peer whose store holds this chain. */
export function holding(self: Author, chain: readonly Block[], options: StageOptions = {}): Stage {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  return new Stage({ self, store, ...options });
}

/** The greeting of one who holds this chain. */
export function greetingOf(chain: readonly Block[]) {
  return { root: chain[0]?.hash, last: chain.at(-1)?.hash, count: BigInt(chain.length) };
}

/** A neighbour that holds this chain and has shown its key. */
export function linked(stage: Stage, author: Author, chain: readonly Block[] = [], more = {}): Remote {
  const remote = stage.join(author, { ...greetingOf(chain), ...more });
  remote.keepAlive();
  return remote;
}

/** Time passes while neighbours answer as peers with these chains do. */
export function live(
  stage: Stage,
  milliseconds: number,
  serving: readonly (readonly [Remote, readonly Block[]])[],
): void {
  const answered = new Map<Remote, number>();
  const end = stage.now + milliseconds;
  for (;;) {
    for (const [remote, chain] of serving) {
      const asked = remote.of('requestBlocks').length;
      if (asked > (answered.get(remote) ?? 0)) remote.serve(chain);
      answered.set(remote, asked);
    }
    if (stage.now >= end) return;
    stage.pass(Math.min(100, end - stage.now));
    for (const [remote] of serving) if ((stage.now - end) % 500 === 0) remote.keepAlive();
  }
}
