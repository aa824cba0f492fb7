/**
 * core/errors.ts: errors of each layer can be told apart by programs, and a broken invariant is nobody's layer.
 */
import { describe, expect, it } from 'vitest';
import {
  CodecError,
  CryptoError,
  invariant,
  LinkError,
  PeerError,
  SessionError,
  StoreError,
  TransferError,
} from '../../../core/errors.ts';

const ofEachLayer = [
  new CodecError('truncated', 'too short'),
  new CryptoError('bad-key', 'no key'),
  new SessionError('bad-frame', 'no frame'),
  new StoreError('full', 'no room'),
  new TransferError('cut', 'no end'),
  new LinkError('refused', 'no link'),
  new PeerError('closed', 'no peer'),
];

describe('an error', () => {
  it('is told apart by its class, its name and its code', () => {
    expect(ofEachLayer.map(({ name, code }) => [name, code])).toEqual([
      ['CodecError', 'truncated'],
      ['CryptoError', 'bad-key'],
      ['SessionError', 'bad-frame'],
      ['StoreError', 'full'],
      ['TransferError', 'cut'],
      ['LinkError', 'refused'],
      ['PeerError', 'closed'],
    ]);
    for (const error of ofEachLayer) {
      const classes = [CodecError, CryptoError, SessionError, StoreError, TransferError, LinkError, PeerError];
      expect(error).toBeInstanceOf(Error);
      expect(classes.filter((layer) => error instanceof layer)).toHaveLength(1);
    }
  });

  it('of a store, a transfer or a link carries what caused it', () => {
    const cause = new Error('below');
    expect(new StoreError('failed', 'above', { cause }).cause).toBe(cause);
    expect(new TransferError('damaged', 'above', { cause }).cause).toBe(cause);
    expect(new LinkError('unreachable', 'above', { cause }).cause).toBe(cause);
  });
});

describe('an invariant', () => {
  it('lets pass what is so', () => {
    expect(() => invariant(1 + 1 === 2, 'sums add up')).not.toThrow();
  });

  it.each([false, undefined, 0, ''])('throws for %j, as no error of a layer', (broken) => {
    try {
      invariant(broken, 'sums add up');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toBe('Error: invariant broken: sums add up');
    }
  });
});
