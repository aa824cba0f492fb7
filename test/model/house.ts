/**
 * Public peers in one room, on clocks that a test moves together.
 */
import type { BlockView } from '../../core/face.ts';
import { Peer } from '../../core/host.ts';
import { MemoryStore } from '../../core/storage/memory.ts';
import { noChange } from '../contract/material.ts';
import { Author } from './author.ts';
import { pass, Room, type RoomTransport, StillClock, type TestPlatform, testPlatform } from './platforms.ts';
import { storedBlocks } from './stage.ts';

export const text = (block: BlockView) => block.items.map(({ data }) => new TextDecoder().decode(data));

export interface Here {
  readonly peer: Peer;
  readonly platform: TestPlatform;
  readonly transport: RoomTransport;
}

/** Peers in one room, on one time. */
export class House {
  readonly room = new Room();
  readonly clocks: StillClock[] = [];
  readonly here: Here[] = [];

  async open(
    name: string,
    author: Author,
    store = new MemoryStore(),
    leftPending: readonly Uint8Array[] = [],
  ): Promise<Here> {
    const transport = this.room.transport(name);
    const clock = new StillClock();
    clock.time = this.clocks[0]?.time ?? clock.time;
    this.clocks.push(clock);
    const platform = testPlatform({ self: author, clock, store, transports: [transport], leftPending });
    const peer = await Peer.open({ network: 'test' }, platform);
    const here = { peer, platform, transport };
    this.here.push(here);
    return here;
  }

  /** Two that know each other. */
  async pair(): Promise<[Here, Here]> {
    const [a, b] = [await this.open('a', new Author(1)), await this.open('b', new Author(2))];
    b.peer.connect('room:a');
    await this.pass(3_000);
    return [a, b];
  }

  pass(milliseconds: number, until?: () => boolean): Promise<void> {
    return pass(this.clocks, milliseconds, until);
  }

  crashes(): unknown[] {
    return this.here.flatMap(({ platform }) => platform.crashes);
  }
}

/** Blocks 0 to `count` − 1 by one author, as a store that was closed left them. */
export async function storeWith(count: number, author = new Author(9)): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.change({ ...noChange, append: storedBlocks(author.chain(count)) });
  return store;
}

export async function all(blocks: AsyncIterable<BlockView>): Promise<BlockView[]> {
  const found: BlockView[] = [];
  for await (const block of blocks) found.push(block);
  return found;
}
