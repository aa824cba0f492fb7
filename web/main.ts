/**
 * The page's own script: which network, how to invite, how to embed. The rest is `<mccloud-peer>`.
 *
 * The network is the query's `network`, or `main`; `via` and `port` are the element's attributes. The element itself says
 * when one of them is wrong. What the page shows of the
 * address is set as text.
 */
import { copyText } from './element/copying.ts';
import './element/mccloud-peer.ts';

const query = new URLSearchParams(location.search);
const network = query.get('network') ?? 'main';
document.title = `${network} · mccloud`;
placePeer();
invite();
embed();
offerTor();
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copies]')) {
  button.addEventListener('click', () => void copy(button));
}

/** Made here and not in the markup, where it would open before it had its network. */
function placePeer(): void {
  const place = find('peer');
  const element = document.createElement('mccloud-peer');
  element.network = network;
  element.via = query.get('via');
  element.port = query.has('port');
  for (const aside of place.querySelectorAll<HTMLElement>('[slot="aside"]')) {
    aside.hidden = false;
    element.append(aside);
  }
  place.append(element);
}

function invite(): void {
  const address = new URL('./', document.baseURI);
  address.search = String(new URLSearchParams({ network }));
  const link = find('invite');
  link.textContent = address.href;
  link.setAttribute('href', address.href);
  find('invite-local').hidden = !/^(localhost|127\..*|\[::1\])$/.test(address.hostname);
}

function embed(): void {
  const script = new URL('./mccloud.js', document.baseURI);
  find('embed').textContent = [
    `<script type="module" src="${script.href}"></script>`,
    `<mccloud-peer network="${escaped(network)}" relay="${script.origin}"></mccloud-peer>`,
  ].join('\n');
}

/** Or the way back, where it is on already. */
function offerTor(): void {
  const byTor = query.get('via') === 'tor';
  const link = find('tor');
  link.textContent = byTor ? 'Open this network without Tor' : 'Open this network by Tor';
  link.setAttribute('href', `?${new URLSearchParams({ network, ...(byTor ? {} : { via: 'tor' }) })}`);
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const source = find(button.dataset['copies'] ?? '');
  if (!(await copyText(source.textContent ?? ''))) getSelection()?.selectAllChildren(source);
  else {
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_000);
  }
}

function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no element ${id}`);
  return element;
}

/** For an attribute in the lines to copy, which a site will paste as markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
