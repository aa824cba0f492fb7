/**
 * The links of this peer: with whom, by which carrier, since when.
 */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { PublicKeyHex } from '../../../core/crypto/keys.ts';
import type { PeerView } from '../../../core/face.ts';
import type { Carrier } from '../../../core/link.ts';
import { timeOfDay } from '../text.ts';
import { keyView } from './key.ts';

export const carrierNames: Readonly<Record<Carrier, string>> = {
  webrtc: 'WebRTC',
  websocket: 'WebSocket',
  tcp: 'TCP',
  bridge: 'TCP by way of the relay',
  memory: 'memory',
};

export function peersView(peers: readonly PeerView[], own: PublicKeyHex): TemplateResult {
  const list = repeat(
    peers,
    ({ publicKey }) => publicKey,
    (peer) => peerView(peer, own),
  );
  return html`
    <section class="peers" aria-labelledby="peers-title">
      <h2 id="peers-title">Linked</h2>
      ${peers.length === 0 ? html`<p class="note">No link to another peer.</p>` : html`<ul role="list">${list}</ul>`}
    </section>
  `;
}

function peerView({ publicKey, carrier, since, ours }: PeerView, own: PublicKeyHex): TemplateResult {
  return html`
    <li class="peer" part="peer" data-key=${publicKey} data-carrier=${carrier}>
      ${keyView(publicKey, own)}
      <span class="note">
        ${carrierNames[carrier]} since <time datetime=${new Date(since).toISOString()}>${timeOfDay(since)}</time>${
          ours ? nothing : ', the reference program'
        }
      </span>
    </li>
  `;
}
