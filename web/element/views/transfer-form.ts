/**
 * The chain as a file: exported with one button, imported with another, and what came of it said in words.
 *
 * One at a time. A file that is none, cut, of another network or of another chain leaves everything as it was.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import type { PeerFace } from '../../../core/face.ts';
import type { ChainFile, Progressed } from '../../transfer/chain-file.ts';
import { counted } from '../text.ts';

/** How chains come into files and out of them. */
export interface Transfer {
  exportChain(peer: PeerFace, progressed: Progressed): Promise<ChainFile>;
  importChain(peer: PeerFace, file: Blob, progressed: Progressed): Promise<number>;
}

type State =
  | { readonly kind: 'said'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'under way'; readonly what: string; readonly blocks: number; readonly of: number };

/** A file that was just handed to the browser must stay until it has it. */
const keptMs = 60_000;

export class TransferForm {
  readonly #peer: PeerFace;
  readonly #transfer: Transfer;
  readonly #changed: () => void;
  readonly #input = createRef<HTMLInputElement>();
  #state: State = { kind: 'said', message: 'All blocks, and no key: for another tab or a folder.' };

  /** @param changed asks for another drawing */
  constructor(peer: PeerFace, transfer: Transfer, changed: () => void) {
    this.#peer = peer;
    this.#transfer = transfer;
    this.#changed = changed;
  }

  render(): TemplateResult {
    const { height, closed } = this.#peer.status;
    const isBusy = this.#state.kind === 'under way';
    return html`
      <section class="transfer" aria-labelledby="transfer-title">
        <h2 id="transfer-title">The chain as a file</h2>
        <p role="status" part="transfer">${stateView(this.#state)}</p>
        <p>
          <button class="quiet" type="button" part="export" ?disabled=${isBusy || height === 0} @click=${this.#export}>
            Export
          </button>
          <button class="quiet" type="button" part="import" ?disabled=${isBusy || closed} @click=${this.#choose}>
            Import
          </button>
          <input
            type="file"
            part="import-file"
            accept=".mccloud"
            aria-label="A file with a chain"
            hidden
            ${ref(this.#input)}
            @change=${this.#import}
          />
        </p>
      </section>
    `;
  }

  readonly #export = (): Promise<void> =>
    this.#run('exported', async (progressed) => {
      const file = await this.#transfer.exportChain(this.#peer, progressed);
      download(file);
      return `${counted(file.blocks, 'block')} exported to ${file.name}.`;
    });

  readonly #choose = (): void => this.#input.value?.click();

  readonly #import = async (): Promise<void> => {
    const input = this.#input.value;
    const file = input?.files?.[0];
    if (input === undefined || file === undefined) return;
    await this.#run('imported', async (progressed) => {
      const taken = await this.#transfer.importChain(this.#peer, file, progressed);
      return taken === 0 ? 'All of its blocks were here already.' : `${counted(taken, 'block')} imported.`;
    });
    // Or the same file could not be chosen again.
    input.value = '';
  };

  async #run(what: string, run: (progressed: Progressed) => Promise<string>): Promise<void> {
    this.#enter({ kind: 'under way', what, blocks: 0, of: 0 });
    try {
      const message = await run((blocks, of) => this.#enter({ kind: 'under way', what, blocks, of }));
      this.#enter({ kind: 'said', message });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#enter({ kind: 'failed', message: `Not ${what}. ${why}` });
    }
  }

  #enter(state: State): void {
    this.#state = state;
    this.#changed();
  }
}

function stateView(state: State): TemplateResult {
  if (state.kind === 'said') return html`<span class="note">${state.message}</span>`;
  if (state.kind === 'failed') return html`<span class="fault">${state.message}</span>`;
  const { blocks, of, what } = state;
  return html`<progress max=${of || nothing} value=${of === 0 ? nothing : blocks} aria-label="Blocks ${what}"></progress>`;
}

function download({ blob, name }: ChainFile): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), keptMs);
}
