/**
 * Keeps the window on the chain filled from the peer: new blocks as they come, older ones by pages when asked for.
 *
 * One page is read at a time. A page that no longer joins what is held, because the chain changed while it was read, is
 * thrown away and the window starts again at the newest block. While the peer catches up with more than a page, blocks
 * pass unseen: drawing a chain that nobody can read at that speed cost a fifth of the time of a tab that joins.
 */
import type { BlockView, PeerFace } from '../../core/face.ts';
import { BlockWindow, type HeightRange, pageBlocks } from './block-window.ts';

export class ChainWindow {
  readonly #peer: PeerFace;
  readonly #changed: () => void;
  readonly #window = new BlockWindow();
  readonly #ends: readonly (() => void)[];
  #reading = false;
  #closed = false;
  #fault: string | undefined;
  /** Blocks have passed that were not taken, so what is held no longer ends at the newest. */
  #isBehind = false;

  /** @param changed asks for another drawing */
  constructor(peer: PeerFace, changed: () => void) {
    this.#peer = peer;
    this.#changed = changed;
    this.#ends = [
      peer.on('block', (block) => {
        if (this.#window.following && this.#peerIsFarBehind()) this.#isBehind = true;
        else if (!this.#isBehind) {
          this.#window.append(block);
          this.#moved();
        }
      }),
      peer.on('revert', (blocks) => {
        this.#window.revert(blocks);
        this.#moved();
      }),
      peer.on('change', () => {
        if (this.#isBehind && !this.#peerIsFarBehind()) this.showNewest();
      }),
    ];
    this.#fill();
  }

  /** Oldest first. */
  get blocks(): readonly BlockView[] {
    return this.#window.blocks;
  }

  /** Newer blocks than those shown; 0 while the newest is shown, or will be by itself. */
  get newer(): number {
    const newest = this.#window.blocks.at(-1);
    return this.#window.following || newest === undefined ? 0 : this.#peer.status.height - 1 - newest.height;
  }

  /** Whether blocks pass unseen, because the peer catches up with too many. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The next page back; undefined at the first block. */
  get older(): HeightRange | undefined {
    return this.#window.older(this.#peer.status.height);
  }

  get reading(): boolean {
    return this.#reading;
  }

  /** Why the last page could not be read; undefined when it could. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Never rejects. */
  async showOlder(): Promise<void> {
    const range = this.older;
    if (range === undefined || this.#reading || this.#closed) return;
    this.#reading = true;
    this.#fault = undefined;
    this.#changed();
    const page = await this.#page(range);
    this.#reading = false;
    if (this.#closed) return;
    this.#changed();
    // What could not be read, or was not there, would be asked for again and again.
    if (page === undefined || page.length === 0) return;
    if (!this.#window.prepend(page, this.#peer.status.height)) this.#window.clear();
    this.#fill();
  }

  showNewest(): void {
    this.#isBehind = false;
    this.#window.clear();
    this.#moved();
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#ends) end();
  }

  #moved(): void {
    this.#changed();
    this.#fill();
  }

  #peerIsFarBehind(): boolean {
    const { syncing } = this.#peer.status;
    return syncing !== undefined && syncing.of - syncing.held > pageBlocks;
  }

  #fill(): void {
    if (!this.#isBehind && this.#window.wantsOlder(this.#peer.status.height)) void this.showOlder();
  }

  /** Undefined when it could not be read. */
  async #page({ from, to }: HeightRange): Promise<readonly BlockView[] | undefined> {
    const page: BlockView[] = [];
    try {
      for await (const block of this.#peer.blocks({ from, to })) {
        if (block.height >= to || this.#closed) break;
        page.push(block);
      }
      return page;
    } catch (error) {
      this.#fault = `Older blocks could not be read: ${error instanceof Error ? error.message : String(error)}`;
      return undefined;
    }
  }
}
