/**
 * The roll of a committee, as people write it down: keys in hex, read into what a configuration holds.
 *
 * It must be the same on every peer, so nothing is guessed: one entry that is no key spoils all.
 */
import { keyHex, type PublicKeyHex, publicKeyFromHex } from '../crypto/keys.ts';
import { CodecError, CryptoError } from '../errors.ts';
import { mostMembers } from './committee.ts';

/** @returns undefined when one is no key, or there are more than 256 */
export function committeeFrom(keys: readonly string[]): PublicKeyHex[] | undefined {
  if (keys.length > mostMembers) return undefined;
  try {
    return keys.map((key) => keyHex(publicKeyFromHex(key)));
  } catch (error) {
    if (error instanceof CodecError || error instanceof CryptoError) return undefined;
    throw error;
  }
}

/** The same out of one text, with commas or spaces between keys. */
export function committeeFromText(text: string): PublicKeyHex[] | undefined {
  return committeeFrom(text.split(/[\s,]+/).filter((key) => key !== ''));
}

/** For whoever wrote it. */
export const committeeRule = `public keys of 66 hex digits, with commas or spaces between, at most ${mostMembers}`;
