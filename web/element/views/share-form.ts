/**
 * The form by which a person shares text: Enter shares, Shift and Enter breaks the line.
 *
 * What is too large is said before it is tried, and a refusal of the peer is said too; the text then stays where it is.
 */
import { html, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { sharedDataBytes } from '../../../core/chain/data.ts';
import type { PeerFace } from '../../../core/face.ts';
import { size } from '../text.ts';

export class ShareForm {
  readonly #peer: PeerFace;
  readonly #changed: () => void;
  readonly #field = createRef<HTMLTextAreaElement>();
  #fault: string | undefined;

  /** @param changed asks for another drawing */
  constructor(peer: PeerFace, changed: () => void) {
    this.#peer = peer;
    this.#changed = changed;
  }

  render(): TemplateResult {
    const { network, closed } = this.#peer.status;
    return html`
      <form class="share" @submit=${this.#submitted}>
        <label for="item">Share with everyone in <b>${network}</b></label>
        <div class="line">
          <textarea
            id="item"
            part="item-input"
            rows="1"
            autocomplete="off"
            aria-describedby="item-note"
            aria-invalid=${String(this.#fault !== undefined)}
            ?disabled=${closed}
            ${ref(this.#field)}
            @keydown=${this.#pressed}
            @input=${this.#typed}
          ></textarea>
          <button class="strong" type="submit" part="share" ?disabled=${closed}>Share</button>
        </div>
        <p class="hint" id="item-note">
          ${
            this.#fault === undefined
              ? html`<span class="note">Enter shares, Shift and Enter breaks the line. What is shared is public and stays.</span>`
              : html`<span class="fault" role="alert">${this.#fault}</span>`
          }
        </p>
      </form>
    `;
  }

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    const field = this.#field.value;
    if (field === undefined) return;
    this.#say(this.#share(field));
    field.focus();
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#field.value?.form?.requestSubmit();
  };

  readonly #typed = (): void => this.#say(undefined);

  /** @returns what went wrong */
  #share(field: HTMLTextAreaElement): string | undefined {
    const data = new TextEncoder().encode(field.value);
    if (data.length === 0) return 'Write something first.';
    if (data.length > sharedDataBytes) {
      return `That is ${size(data.length - sharedDataBytes)} too much: an item holds at most ${size(sharedDataBytes)}.`;
    }
    try {
      // Pending at once, and drawn from there; its progress needs no receipt here, and a closed peer says so itself.
      this.#peer.share(data).included.catch(() => undefined);
    } catch (error) {
      return `Not shared: ${error instanceof Error ? error.message : String(error)}`;
    }
    field.value = '';
    return undefined;
  }

  #say(fault: string | undefined): void {
    this.#fault = fault;
    this.#changed();
  }
}
