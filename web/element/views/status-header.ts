/**
 * Who this tab is and how it stands: own key, whom it knows and is linked to, how much it holds, where that is kept.
 *
 * Of the relay only a fault is claimed, for only a fault is known: a tab whose peers are linked needs none.
 */
import { html, type TemplateResult } from 'lit';
import type { PeerFace, PeerView, Status } from '../../../core/face.ts';
import { isOnion } from '../../../core/network/addresses.ts';
import type { StorageKind } from '../../../core/storage/store.ts';
import { copyText } from '../copying.ts';
import type { Settings } from '../settings.ts';
import { count, counted, shortHex } from '../text.ts';
import { tartanView } from './key.ts';
import { carrierNames } from './peers.ts';

export class StatusHeader {
  readonly #peer: PeerFace;
  readonly #settings: Settings;
  readonly #changed: () => void;
  /** `shown`: copying is not allowed here, so the whole key is shown to be copied by hand. */
  #copied: 'no' | 'yes' | 'shown' = 'no';

  /** @param changed asks for another drawing */
  constructor(peer: PeerFace, settings: Settings, changed: () => void) {
    this.#peer = peer;
    this.#settings = settings;
    this.#changed = changed;
  }

  render(): TemplateResult {
    const { known, connected, status } = this.#peer;
    const peers = this.#peer.peers();
    return html`
      <section class="status" aria-label="This peer">
        ${this.#ownKey()}
        <dl class="facts">
          ${fact('Known', 'known', count(known.size), known.size === 1 ? 'other peer' : 'other peers')}
          ${fact('Linked', 'connected', count(connected.size), carriersOf(peers))}
          ${fact('Blocks', 'height', count(status.height), syncingOf(status))}
          ${fact('Kept', 'storage', storageNames[status.storage].name, storageNames[status.storage].meaning)}
          ${this.#relay(status)}
        </dl>
      </section>
    `;
  }

  #ownKey(): TemplateResult {
    const { publicKey } = this.#peer;
    const shown = this.#copied === 'shown' ? publicKey : shortHex(publicKey);
    return html`
      <div class="own">
        ${tartanView(publicKey)}
        <p>
          <span class="note">You are</span>
          <code part="own-key" data-key=${publicKey} title=${publicKey}>${shown}</code>
          <button class="quiet" type="button" part="copy" aria-label="Copy your whole public key" @click=${this.#copy}>
            ${this.#copied === 'yes' ? 'Copied' : 'Copy'}
          </button>
        </p>
      </div>
    `;
  }

  #relay({ problems }: Status): TemplateResult {
    const unreachable = problems.some(({ code }) => code === 'relay-unreachable');
    const { relay, via } = this.#settings;
    const { host } = new URL(relay);
    const byTor = isOnion(relay) ? 'reached by Tor, so without WebRTC' : 'introduces peers';
    const does = via === 'tor' ? 'carries what you dial, by Tor' : byTor;
    return fact('Relay', 'relay', unreachable ? 'unreachable' : host, unreachable ? host : does);
  }

  readonly #copy = async (): Promise<void> => {
    this.#copied = (await copyText(this.#peer.publicKey)) ? 'yes' : 'shown';
    this.#changed();
    setTimeout(() => {
      if (this.#copied === 'yes') this.#copied = 'no';
      this.#changed();
    }, copiedMs);
  };
}

const copiedMs = 2_000;

const storageNames: Readonly<Record<StorageKind, { readonly name: string; readonly meaning: string }>> = {
  disk: { name: 'on disk', meaning: 'synced to the disk' },
  persistent: { name: 'in the browser', meaning: 'until you remove it' },
  'best-effort': { name: 'in the browser', meaning: 'while it has space' },
  memory: { name: 'in memory', meaning: 'until this tab closes' },
};

function fact(name: string, part: string, value: string, note: string | TemplateResult): TemplateResult {
  return html`<div class="fact">
    <dt>${name}</dt>
    <dd><span class="value" part=${part}>${value}</span><span class="note">${note}</span></dd>
  </div>`;
}

function carriersOf(peers: readonly PeerView[]): string {
  const numbers = new Map<string, number>();
  for (const { carrier } of peers) numbers.set(carrierNames[carrier], (numbers.get(carrierNames[carrier]) ?? 0) + 1);
  return [...numbers].map(([name, number]) => `${number} ${name}`).join(', ') || 'none yet';
}

function syncingOf({ syncing, height }: Status): string | TemplateResult {
  if (syncing === undefined) return height === 0 ? 'none yet' : 'all checked';
  const { held, of } = syncing;
  return html`<progress max=${of} value=${held} aria-label="Blocks read"></progress> of ${counted(of, 'block')}`;
}
