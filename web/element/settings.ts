/**
 * The element's attributes, read: what to open, or which attribute is at fault and what it should be.
 *
 * Nothing is guessed beyond the one documented default: without `relay`, the origin that served the module script.
 */
import { isNetworkName } from '../../core/config.ts';
import type { PublicKeyHex } from '../../core/crypto/keys.ts';
import { committeeFromText, committeeRule } from '../../core/finality/roll.ts';

export interface Settings {
  readonly network: string;
  /** Origin of the relay, such as `https://relay.example`. */
  readonly relay: string;
  /** What is dialled goes by the relay's proxy only. */
  readonly via: 'tor' | undefined;
  /** The relay is asked for a TCP port for this tab. */
  readonly port: boolean;
  /** Keys whose votes make blocks final. */
  readonly committee: readonly PublicKeyHex[];
}

/** As they stand in the markup; undefined or null when missing. */
export interface Attributes {
  readonly network?: string | null | undefined;
  readonly relay?: string | null | undefined;
  readonly via?: string | null | undefined;
  readonly port?: boolean | null | undefined;
  readonly committee?: string | null | undefined;
}

export interface AttributeFault {
  readonly attribute: 'network' | 'relay' | 'via' | 'port' | 'committee';
  /** One sentence for the site's author: what is wrong and what it should be. */
  readonly message: string;
}

export type ReadAttributes =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'fault'; readonly fault: AttributeFault };

/** @param script where the module script came from (`import.meta.url`) */
export function readAttributes({ network, relay, via, port, committee }: Attributes, script: string): ReadAttributes {
  if (network === undefined || network === null || network === '') {
    return fault('network', 'The attribute network is missing. It is the name of the network to join: network="main".');
  }
  if (!isNetworkName(network)) {
    const rule = '1 to 64 of a–z, 0–9, “.”, “_” and “-”, beginning with a letter or a digit: network="main"';
    return fault('network', `The attribute network is “${clipped(network)}”. It should be ${rule}.`);
  }
  const byTor = via === 'tor';
  if (!byTor && (via ?? '') !== '') {
    return fault('via', `The attribute via is “${clipped(String(via))}”. It should be via="tor", or missing.`);
  }
  if (byTor && port === true) {
    return fault(
      'port',
      'The attribute port lends this tab a port of the relay, which it must not have with via="tor".',
    );
  }
  const members = committeeFromText(committee ?? '');
  if (members === undefined) return fault('committee', `The attribute committee should be ${committeeRule}.`);
  const ways = { via: byTor ? ('tor' as const) : undefined, port: port === true, committee: members };
  if (relay === undefined || relay === null || relay === '') {
    const home = originOf(script);
    if (home !== undefined) return { kind: 'settings', settings: { network, relay: home, ...ways } };
    const why = 'this script was not served by one, so the relay must be named';
    return fault('relay', `The attribute relay is missing, and ${why}: relay="https://relay.example".`);
  }
  const origin = originOf(relay);
  if (origin === undefined || !isBare(relay)) {
    const rule = 'the origin of a relay, with http or https and without a path: relay="https://relay.example"';
    return fault('relay', `The attribute relay is “${clipped(relay)}”. It should be ${rule}.`);
  }
  return { kind: 'settings', settings: { network, relay: origin, ...ways } };
}

export function sameSettings(one: Settings, other: Settings): boolean {
  const keys = ['network', 'relay', 'via', 'port'] as const;
  const isSame = keys.every((key) => one[key] === other[key]);
  return isSame && one.committee.join() === other.committee.join();
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
