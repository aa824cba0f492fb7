/**
 * The element's attributes, read: what to open, or which attribute is at fault and what it should be.
 *
 * Nothing is guessed beyond the one documented default: without `relay`, the origin that served the module script.
 */
import { isNetworkName } from '../../core/config.ts';

export interface Settings {
  readonly network: string;
  /** Origin of the relay, such as `https://relay.example`. */
  readonly relay: string;
}

export interface AttributeFault {
  readonly attribute: 'network' | 'relay';
  /** One sentence for the site's author: what is wrong and what it should be. */
  readonly message: string;
}

export type ReadAttributes =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'fault'; readonly fault: AttributeFault };

/**
 * @param network the attribute, undefined when missing
 * @param relay the attribute, undefined when missing
 * @param script where the module script came from (`import.meta.url`)
 */
export function readAttributes(network: string | undefined, relay: string | undefined, script: string): ReadAttributes {
  if (network === undefined || network === '') {
    return fault('network', 'The attribute network is missing. It is the name of the network to join: network="main".');
  }
  if (!isNetworkName(network)) {
    const rule = '1 to 64 of a–z, 0–9, “.”, “_” and “-”, beginning with a letter or a digit: network="main"';
    return fault('network', `The attribute network is “${clipped(network)}”. It should be ${rule}.`);
  }
  if (relay === undefined || relay === '') {
    const home = originOf(script);
    if (home !== undefined) return { kind: 'settings', settings: { network, relay: home } };
    const why = 'this script was not served by one, so the relay must be named';
    return fault('relay', `The attribute relay is missing, and ${why}: relay="https://relay.example".`);
  }
  const origin = originOf(relay);
  if (origin === undefined || !isBare(relay)) {
    const rule = 'the origin of a relay, with http or https and without a path: relay="https://relay.example"';
    return fault('relay', `The attribute relay is “${clipped(relay)}”. It should be ${rule}.`);
  }
  return { kind: 'settings', settings: { network, relay: origin } };
}

export function sameSettings(one: Settings, other: Settings): boolean {
  return one.network === other.network && one.relay === other.relay;
}

const shownCharacters = 80;

function fault(attribute: AttributeFault['attribute'], message: string): ReadAttributes {
  return { kind: 'fault', fault: { attribute, message } };
}

function originOf(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.origin : undefined;
}

/** A path, a query or credentials would be dropped in silence. */
function isBare(address: string): boolean {
  const { pathname, search, hash, username, password } = new URL(address);
  return pathname === '/' && search + hash + username + password === '';
}

function clipped(value: string): string {
  return value.length > shownCharacters ? `${value.slice(0, shownCharacters)}…` : value;
}
