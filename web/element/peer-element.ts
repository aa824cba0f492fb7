/**
 * The element without its peer: attributes, life in the document, events, and when it is drawn.
 *
 * `<mccloud-peer>` (mccloud-peer.ts, where its public face is written down) adds only how a peer is opened and how its
 * chain comes into a file. The DOM decides what is wanted, `Opening` goes there, `PeerScreen` draws what is open. Drawn as
 * `Pacer` says.
 */
import { html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { PeerFace } from '../../core/face.ts';
import type { PeerElementEvents, PeerFailure } from './events.ts';
import { Opening, type OpeningState } from './opening.ts';
import { Pacer } from './pacing.ts';
import { PeerScreen } from './peer-screen.ts';
import { readAttributes, type Settings } from './settings.ts';
import { chainStyles } from './styles/chain.ts';
import { frameStyles } from './styles/frame.ts';
import { themeStyles } from './styles/theme.ts';
import { faultView, openingView } from './views/absence.ts';
import type { Transfer } from './views/transfer-form.ts';

export abstract class PeerElement extends LitElement {
  static override properties: PropertyDeclarations = {
    network: { reflect: true },
    relay: { reflect: true },
    via: { reflect: true },
    port: { reflect: true, type: Boolean },
    committee: { reflect: true },
  };
  static override styles = [themeStyles, frameStyles, chainStyles];

  /** The network's name. Undefined or null: missing. */
  declare network: string | null | undefined;
  /** The relay's origin. Undefined or null: the origin this script came from. */
  declare relay: string | null | undefined;
  /** `tor`: what is dialled goes by the relay's proxy only, and no WebRTC is used. */
  declare via: string | null | undefined;
  /** The relay is asked for a TCP port, by which others dial this tab. */
  declare port: boolean | null | undefined;
  /** Keys whose votes make blocks final, with commas or spaces between. */
  declare committee: string | null | undefined;

  readonly #opening = new Opening(
    (settings) => this.openPeer(settings),
    (state) => this.#entered(state),
  );
  readonly #pacer = new Pacer();
  #ready = deferred<PeerFace>();
  #screen: PeerScreen | undefined;
  #ends: readonly (() => void)[] = [];
  #asked = false;

  protected abstract readonly transfer: Transfer;

  protected abstract openPeer(settings: Settings): Promise<PeerFace>;

  /** The peer while it is open. */
  get peer(): PeerFace | undefined {
    const { state } = this.#opening;
    return state.kind === 'open' ? state.peer : undefined;
  }

  /**
   * Resolves with the peer when it is open, rejects when it cannot be. After a failure, or when the attributes have
   * changed, the property holds another promise.
   */
  get ready(): Promise<PeerFace> {
    return this.#ready.promise;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ask();
  }

  override requestUpdate(...change: Parameters<LitElement['requestUpdate']>): void {
    super.requestUpdate(...change);
    const [name] = change;
    if (typeof name === 'string' && name in PeerElement.properties) this.#ask();
  }

  protected override async scheduleUpdate(): Promise<void> {
    if (this.hasUpdated) await this.#pacer.turn();
    await this.#pacer.draw(() => super.scheduleUpdate());
  }

  protected override render(): TemplateResult {
    const { state } = this.#opening;
    if (this.#screen !== undefined) return this.#screen.render();
    if (state.kind === 'refused') return faultView(state.fault.message);
    if (state.kind === 'failed') return faultView(sentenceOf(state.error));
    return state.kind === 'opening' ? openingView(state.settings.network) : html``;
  }

  /** Looks in a microtask at what the DOM wants, so that a move, or two attributes, are one change. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      const wanted = readAttributes(this, import.meta.url);
      this.#opening.want(this.isConnected ? wanted : undefined);
    });
  }

  #entered(state: OpeningState): void {
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#screen = undefined;
    this.requestUpdate();
    if (this.#ready.settled) this.#ready = deferred<PeerFace>();
    if (state.kind === 'open') this.#opened(state.peer, state.settings);
    if (state.kind === 'refused')
      this.#failed({ code: 'bad-attribute', message: state.fault.message, cause: undefined });
    if (state.kind === 'failed') {
      this.#failed({ code: 'not-opened', message: sentenceOf(state.error), cause: state.error });
    }
  }

  #opened(peer: PeerFace, settings: Settings): void {
    const screen = new PeerScreen(peer, settings, this.transfer, () => this.requestUpdate());
    this.#screen = screen;
    this.#ends = [
      () => screen.close(),
      peer.on('change', () => {
        this.requestUpdate();
        this.#tell('mccloud-change', { peer });
      }),
      peer.on('block', (block) => this.#tell('mccloud-block', { peer, block })),
    ];
    this.#ready.resolve(peer);
    this.#tell('mccloud-ready', { peer });
  }

  #failed(failure: PeerFailure): void {
    this.#ready.reject(new Error(failure.message, { cause: failure.cause }));
    this.#tell('mccloud-error', failure);
  }

  #tell<Name extends keyof PeerElementEvents>(name: Name, detail: PeerElementEvents[Name]['detail']): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly settled: boolean;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/** A promise whose rejection nobody need handle: the event says the same. */
function deferred<Value>(): Deferred<Value> {
  let settled = false;
  let settle: { resolve: (value: Value) => void; reject: (error: unknown) => void } | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return {
    promise,
    get settled() {
      return settled;
    },
    resolve(value) {
      settled = true;
      settle?.resolve(value);
    },
    reject(error) {
      settled = true;
      settle?.reject(error);
    },
  };
}

function sentenceOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return `The peer could not be opened: ${said}`;
}
