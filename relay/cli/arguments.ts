/**
 * What flags, variables and arguments may be: each is read once into what it means, or refused in one line.
 */
import { InvalidArgumentError, Option } from 'commander';
import { type ForcedRestart, isNetworkName } from '../../core/config.ts';
import type { PublicKeyHex } from '../../core/crypto/keys.ts';
import { committeeFromText, committeeRule } from '../../core/finality/roll.ts';
import { isHostAndPort } from '../../core/wire/identify.ts';

const forcedRestarts: readonly ForcedRestart[] = ['majority', 'strict', 'reference', 'never'];

/** Which folder's peer is meant. */
export function dataOption(description: string): Option {
  return new Option('--data <folder>', description).env('MCCLOUD_DATA').default('data');
}

export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

export function parseNetwork(value: string): string {
  if (isNetworkName(value)) return value;
  throw new InvalidArgumentError('a network is named by 1 to 64 of a–z 0–9 . _ -, the first a letter or digit.');
}

/** Several, with commas; added to those before. */
export function parseNetworks(value: string, before: readonly string[]): string[] {
  return [...before, ...value.split(',').map((name) => parseNetwork(name.trim()))];
}

export function parseHostAndPort(value: string): string {
  if (isHostAndPort(value) && !value.endsWith(':0')) return value;
  throw new InvalidArgumentError('an address is host:port, an IPv6 host in brackets.');
}

/** Several peers to dial, with commas; added to those before. */
export function parsePeers(value: string, before: readonly string[]): string[] {
  return [...before, ...value.split(',').map((address) => parsePeer(address.trim()))];
}

export function parseSwitch(value: string): boolean {
  if (value !== 'on' && value !== 'off') throw new InvalidArgumentError('it is on or off.');
  return value === 'on';
}

/** `on` and `off` are what the reference knows. */
export function parseForcedRestart(value: string): ForcedRestart {
  if (value === 'on') return 'majority';
  if (value === 'off') return 'never';
  const rule = forcedRestarts.find((known) => known === value);
  if (rule === undefined) throw new InvalidArgumentError(`it is on, off or one of ${forcedRestarts.join(', ')}.`);
  return rule;
}

/** What reads an integer. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d{1,15}$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `it is a number from ${least} on.`
        : `it is a number from ${least} to ${most}.`,
    );
  };
}

export function parseRoot(value: string): string {
  if (/^[0-9a-f]{64}$/.test(value)) return value;
  throw new InvalidArgumentError('a root is the hash of a first block: 64 hex digits in lower case.');
}

/** Several keys, with commas; added to those before. */
export function parseCommittee(value: string, before: readonly PublicKeyHex[]): PublicKeyHex[] {
  const keys = committeeFromText(value);
  if (keys === undefined) throw new InvalidArgumentError(`a committee is ${committeeRule}.`);
  return [...before, ...keys];
}

function parsePeer(address: string): string {
  const isUrl = URL.canParse(address) && ['ws:', 'wss:'].includes(new URL(address).protocol);
  if (isUrl || (isHostAndPort(address) && !address.endsWith(':0'))) return address;
  throw new InvalidArgumentError('a peer is at host:port, or at ws://… or wss://… of a relay.');
}
