/**
 * Registers `<mccloud-peer>` with peers out of a scene instead of real ones, and puts one on the page.
 *
 * `?scene=` names the scene; `?network=`, `?relay=`, `?via=` and `?port=` become attributes when they are there; `?opening=fails` or
 * `never` is how opening goes. Tests reach what was opened through `window.stage`.
 */
import type { PeerFace } from '../../../../core/face.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { PeerElement } from '../../../../web/element/peer-element.ts';
import type { Settings } from '../../../../web/element/settings.ts';
import type { Transfer } from '../../../../web/element/views/transfer-form.ts';
import { exportBlob, importBlob } from '../../../../web/transfer/chain-file.ts';
import { type FakePeer, itemOf } from './fake-peer.ts';
import { scenes } from './scenes.ts';

export interface Stage {
  readonly opened: FakePeer[];
  readonly settings: Settings[];
  /** How often the element has been drawn. */
  drawings: number;
  readonly itemOf: typeof itemOf;
}

declare global {
  interface Window {
    stage: Stage;
    /** Set by an item that became markup. */
    hurt: boolean | undefined;
  }
}

const query = new URLSearchParams(location.search);
const scene = Object.entries(scenes).find(([name]) => name === query.get('scene'))?.[1] ?? scenes.empty;
const stage: Stage = { opened: [], settings: [], drawings: 0, itemOf };
window.stage = stage;

class StagedPeer extends PeerElement {
  protected override readonly transfer: Transfer = {
    exportChain: (peer, progressed) => exportBlob(peer, rawFrame, progressed),
    importChain: importBlob,
  };

  protected override async openPeer(settings: Settings): Promise<PeerFace> {
    stage.settings.push(settings);
    if (query.get('opening') === 'fails') throw new Error('there is no stage.');
    if (query.get('opening') === 'never') return new Promise(() => undefined);
    const peer = scene(settings.network);
    stage.opened.push(peer);
    return peer;
  }

  protected override updated(): void {
    stage.drawings++;
  }
}

customElements.define('mccloud-peer', StagedPeer);
const element = document.createElement('mccloud-peer');
for (const name of ['network', 'relay', 'via', 'port']) {
  const value = query.get(name);
  if (value !== null) element.setAttribute(name, value);
}
document.body.append(element);
