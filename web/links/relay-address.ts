/**
 * Where a relay's doors are, from the one address a user gives: `https://example.org` or `http://192.168.1.5:8080/chain`.
 */

export interface RelayAddress {
  /** What a tab's proof of its key is bound to (spec/safety.md, Networks and signatures). */
  readonly origin: string;
  /** Where tabs are brought together. */
  readonly signal: string;
  /** Where TCP peers are reached by way of it, and reach tabs. */
  readonly bridge: string;
  /** Where the relay's own peer of a network is linked to. */
  peer(network: string): string;
}

const schemes = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
]);

/** Undefined when this is no address of a relay. */
export function relayAddress(text: string): RelayAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const scheme = schemes.get(url.protocol);
  if (scheme === undefined || url.search !== '' || url.hash !== '' || url.username !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  const base = `${scheme}//${url.host}${path}`;
  return {
    origin: `${scheme.replace('ws', 'http')}//${url.host}`,
    signal: `${base}/signal`,
    bridge: `${base}/bridge`,
    peer: (network) => `${base}/peer/${network}`,
  };
}
