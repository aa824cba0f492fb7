/**
 * `<mccloud-peer>`: a full peer of a blockchain network on any page, in two lines (README, Embedding).
 *
 * It opens a peer when it enters a document and closes it when it leaves, shows how the peer stands, lets a person share
 * text, and hands the peer to the page's own scripts. What others have shared is shown as text or bytes, never as markup.
 *
 * @element mccloud-peer
 *
 * @attr {string} network - The network to join: 1 to 64 of `a–z 0–9 . _ -`. Required.
 * @attr {string} relay - Origin of the relay, such as `https://relay.example`. By default the origin of this script.
 * @attr {string} via - `tor`: what is dialled goes by the relay's SOCKS5 proxy or not at all, and there is no WebRTC.
 * @attr {boolean} port - The relay is asked for a TCP port, by which others dial this tab.
 * @attr {string} committee - Keys whose votes make blocks final, the same ones on every peer of the network.
 *
 * @prop {PeerFace | undefined} peer - The public peer while it is open.
 * @prop {Promise<PeerFace>} ready - Resolves with the peer when it is open; rejects when it cannot be opened.
 *
 * @event {PeerReadyEvent} mccloud-ready - The peer is open; `detail.peer`.
 * @event {PeerChangeEvent} mccloud-change - `known`, `connected`, `pending` or `status` changed; `detail.peer`.
 * @event {PeerBlockEvent} mccloud-block - A block became the newest; `detail.block`, `detail.peer`.
 * @event {PeerErrorEvent} mccloud-error - There is no peer; `detail.code`, `detail.message`, `detail.cause`.
 *
 * @slot aside - Beside the chain, under the list of links: for an invitation, say.
 *
 * @csspart own-key - This peer's key, shortened; the whole is in `data-key`.
 * @csspart copy - The button that copies it.
 * @csspart known - Number of other peers online.
 * @csspart connected - Number of peers linked.
 * @csspart height - Number of blocks held.
 * @csspart storage - Where the chain is kept.
 * @csspart relay - The relay's host, or that it is unreachable.
 * @csspart problem - One problem, or a fault of an attribute.
 * @csspart item-input - The field for text to share.
 * @csspart share - The button that shares it.
 * @csspart pending-item - An item that waits for its block; `data-id`, `data-author`.
 * @csspart block - A block; `data-hash`, `data-height`, `data-author`.
 * @csspart block-item - An item of a block; `data-id`, `data-author`, `data-verified`.
 * @csspart level - How firmly an item of one's own stands; `data-level`.
 * @csspart given-way - Blocks that have just left the chain, for a while; `gone-block` is one of them.
 * @csspart older - The button that shows older blocks.
 * @csspart newest - The button that goes back to the newest block.
 * @csspart export - The button that makes a file of the chain.
 * @csspart import - The button that asks for such a file; `import-file` is the field it opens.
 * @csspart transfer - What comes of exporting and importing, in words.
 * @csspart address-input - The field for the address of a TCP peer.
 * @csspart connect - The button that links with it.
 * @csspart listen - Where others dial this tab.
 * @csspart peer - A link; `data-key`, `data-carrier`.
 *
 * @cssproperty --mccloud-paper - Ground.
 * @cssproperty --mccloud-ink - Text, rules of weight, the button.
 * @cssproperty --mccloud-quiet - Secondary text.
 * @cssproperty --mccloud-line - Fine rules.
 * @cssproperty --mccloud-accent - Behind “you”, focus, what waits.
 * @cssproperty --mccloud-on-accent - Text on it.
 * @cssproperty --mccloud-warning - Problems and what is not verified.
 * @cssproperty --mccloud-font - Font families of text.
 * @cssproperty --mccloud-mono - Font families of keys and hashes.
 * @cssproperty --mccloud-padding - Around everything; 1.25rem.
 */
import type { PeerFace } from '../../core/face.ts';
import { exportChain, importChain, openPeer } from '../open.ts';
import type { PeerElementEvents } from './events.ts';
import { PeerElement } from './peer-element.ts';
import type { Settings } from './settings.ts';
import type { Transfer } from './views/transfer-form.ts';

export type { PeerBlockEvent, PeerChangeEvent, PeerErrorEvent, PeerReadyEvent } from './events.ts';

export class MccloudPeer extends PeerElement {
  protected override readonly transfer: Transfer = { exportChain, importChain };

  protected override openPeer(settings: Settings): Promise<PeerFace> {
    return openPeer(settings);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'mccloud-peer': MccloudPeer;
  }
  /** Elements, documents and windows all hear them. */
  interface GlobalEventHandlersEventMap extends PeerElementEvents {}
}

// A page that loads the script twice, from two relays say, keeps the first.
if (customElements.get('mccloud-peer') === undefined) customElements.define('mccloud-peer', MccloudPeer);
