/**
 * In place of `randombytes`, in the page's bundle: simple-peer names its channels with it, in hex.
 */
import { bytesToHex } from '../../../core/codec/bytes.ts';

function randombytes(length: number): { toString(): string } {
  const hex = bytesToHex(crypto.getRandomValues(new Uint8Array(length)));
  return { toString: () => hex };
}

export { randombytes as 'module.exports' };
