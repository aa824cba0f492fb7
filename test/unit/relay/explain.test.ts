import { describe, expect, it } from 'vitest';
import { LinkError, PeerError, StoreError } from '../../../core/errors.ts';
import { explained } from '../../../relay/explain.ts';

const place = { host: '192.0.2.1', port: 80 };
const ofNode = (code: string) => Object.assign(new Error('listen failed'), { code });

describe('explained', () => {
  it.each([
    ['EADDRINUSE', 'port 80 of 192.0.2.1 is taken; choose another with --port'],
    ['EACCES', 'this user may not listen on port 80; choose one above 1023 with --port'],
    ['EADDRNOTAVAIL', '192.0.2.1 is no address of this machine; choose another with --host'],
    ['ENOTFOUND', '192.0.2.1 is no address of this machine; choose another with --host'],
  ])('says what to do about %s', (code, line) => {
    expect(explained(ofNode(code), place)).toBe(line);
  });

  it.each([
    new StoreError('held', 'the folder is in use'),
    new PeerError('bad-config', 'no network'),
    new LinkError('unreachable', 'nobody is there'),
  ])('has the words of a %s', (error) => {
    expect(explained(error, place)).toBe(error.message);
  });

  it.each([new Error('invariant broken'), ofNode('EMFILE'), undefined, 'a text'])('leaves %j a bug', (error) => {
    expect(explained(error, place)).toBeUndefined();
  });
});
