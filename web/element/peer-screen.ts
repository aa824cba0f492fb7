/**
 * What the element shows of an open peer, put together from the views; kept until the peer is another.
 *
 * It reads the live face at every drawing and keeps only what the face does not: the window on the chain, what the
 * reader has typed, opened or copied.
 */
import { html, type TemplateResult } from 'lit';
import type { PeerFace } from '../../core/face.ts';
import { Announcer } from './announcer.ts';
import { ChainWindow } from './chain-window.ts';
import { GivenWay } from './given-way.ts';
import type { Settings } from './settings.ts';
import { Unfolding } from './unfolding.ts';
import { chainView } from './views/chain.ts';
import { ConnectForm } from './views/connect-form.ts';
import { givenWayView } from './views/given-way.ts';
import { peersView } from './views/peers.ts';
import { pendingView } from './views/pending.ts';
import { problemsView } from './views/problems.ts';
import { ShareForm } from './views/share-form.ts';
import { StatusHeader } from './views/status-header.ts';
import { type Transfer, TransferForm } from './views/transfer-form.ts';

export class PeerScreen {
  readonly #peer: PeerFace;
  readonly #header: StatusHeader;
  readonly #form: ShareForm;
  readonly #connectForm: ConnectForm;
  readonly #transferForm: TransferForm;
  readonly #chain: ChainWindow;
  readonly #givenWay: GivenWay;
  readonly #unfolding: Unfolding;
  readonly #announcer: Announcer;
  readonly #ends: readonly (() => void)[];
  #announced = '';

  /** @param changed asks for another drawing */
  constructor(peer: PeerFace, settings: Settings, transfer: Transfer, changed: () => void) {
    this.#peer = peer;
    this.#header = new StatusHeader(peer, settings, changed);
    this.#form = new ShareForm(peer, changed);
    this.#connectForm = new ConnectForm(peer, settings, changed);
    this.#transferForm = new TransferForm(peer, transfer, changed);
    this.#chain = new ChainWindow(peer, changed);
    this.#givenWay = new GivenWay(changed);
    this.#unfolding = new Unfolding(changed);
    this.#announcer = new Announcer((sentence) => {
      this.#announced = sentence;
      changed();
    });
    this.#ends = [
      () => this.#chain.close(),
      () => this.#announcer.stop(),
      () => this.#givenWay.stop(),
      peer.on('revert', (blocks) => {
        this.#givenWay.reverted(blocks);
        this.#announcer.blocksGone(blocks.length);
      }),
      peer.on('block', (block) => {
        this.#givenWay.applied(block);
        if (peer.status.syncing === undefined) this.#announcer.blockAdded(block);
      }),
    ];
  }

  render(): TemplateResult {
    const { status, pending, publicKey: own, known } = this.#peer;
    const { waitingFor, height } = status;
    const progressOf: PeerFace['progressOf'] = (id) => this.#peer.progressOf(id);
    return html`
      <div class="sheet">
        <div class="top">${this.#header.render()} ${problemsView(status)}</div>
        <div class="columns">
          <div class="main">
            ${this.#form.render()}
            <section class="chain" aria-labelledby="chain-title">
              <h2 id="chain-title">Chain</h2>
              ${pendingView({ pending, waitingFor, own, progressOf }, this.#unfolding)}
              ${givenWayView(this.#givenWay)}
              ${chainView(this.#chain, { height, own, alone: known.size === 0, progressOf }, this.#unfolding)}
            </section>
          </div>
          <div class="side">
            ${peersView(this.#peer.peers(), own)}
            ${this.#connectForm.render()}
            ${this.#transferForm.render()}
            <slot name="aside"></slot>
          </div>
        </div>
        <p class="unseen" role="status" aria-live="polite">${this.#announced}</p>
      </div>
    `;
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
