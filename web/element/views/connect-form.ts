/**
 * The address box: links this tab with a TCP peer by way of the relay, and says how others reach the tab.
 *
 * What comes of it is drawn elsewhere: a link among the links, an address that cannot be reached among the problems.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { PeerError } from '../../../core/errors.ts';
import type { PeerFace } from '../../../core/face.ts';
import type { Settings } from '../settings.ts';

export class ConnectForm {
  readonly #peer: PeerFace;
  readonly #settings: Settings;
  readonly #changed: () => void;
  readonly #field = createRef<HTMLInputElement>();
  #said: TemplateResult | undefined;

  /** @param changed asks for another drawing */
  constructor(peer: PeerFace, settings: Settings, changed: () => void) {
    this.#peer = peer;
    this.#settings = settings;
    this.#changed = changed;
  }

  render(): TemplateResult {
    const { closed, listen } = this.#peer.status;
    return html`
      <form class="share" @submit=${this.#submitted}>
        <h2><label for="address">Link with a TCP peer</label></h2>
        <div class="line">
          <input
            id="address"
            part="address-input"
            placeholder="host:port"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby="address-note"
            ?disabled=${closed}
            ${ref(this.#field)}
            @input=${this.#typed}
          />
          <button class="quiet" type="submit" part="connect" ?disabled=${closed}>Connect</button>
        </div>
        <p class="hint" id="address-note">${this.#said ?? html`<span class="note">${this.#hint}</span>`}</p>
        ${listen === undefined ? nothing : html`<p class="note" part="listen">Others dial this tab at ${listen}.</p>`}
      </form>
    `;
  }

  get #hint(): string {
    return this.#settings.via === 'tor'
      ? 'By Tor: the peers you dial do not see your address. The relay does.'
      : 'By way of the relay, which cannot read what you say. The peer sees the relay’s address.';
  }

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    const field = this.#field.value;
    if (field === undefined) return;
    const address = field.value.trim();
    try {
      this.#peer.connect(address);
      field.value = '';
      this.#say(html`<span class="note" role="status">Dialling ${address}, again whenever the link ends.</span>`);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.#say(html`<span class="fault" role="alert">That is no host:port, such as 192.0.2.7:29092.</span>`);
    }
  };

  readonly #typed = (): void => this.#say(undefined);

  #say(said: TemplateResult | undefined): void {
    this.#said = said;
    this.#changed();
  }
}
