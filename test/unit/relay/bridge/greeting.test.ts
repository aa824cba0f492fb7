/**
 * The greeting at the beginning of a stream, in any cut, and what is put back.
 */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../../../core/crypto/keys.ts';
import type { DialectName } from '../../../../core/wire/dialect.ts';
import { greetingOf } from '../../../../relay/bridge/greeting.ts';
import { greetingFrame, identity } from '../../../model/bridge-stage.ts';

const peer = identity(2);
const somebody = { publicKey: identity(1).key, network: 'main', expected: undefined };

function stream(...parts: readonly Uint8Array[]): PassThrough {
  const made = new PassThrough();
  for (const part of parts) made.write(part);
  return made;
}

describe('the greeting of a stream', () => {
  it.each<DialectName>(['cbc', 'gcm-siv'])('is found in any cut, and the stream is as it was: %s', async (dialect) => {
    const frame = greetingFrame(peer, dialect);
    const whole = Buffer.concat([frame, Buffer.from('and what follows')]);
    for (const cut of [1, 3, 4, 5, 12, 40, frame.length - 1, frame.length, frame.length + 3]) {
      const cutStream = stream();
      const found = greetingOf(cutStream, somebody, 1_000);
      cutStream.write(whole.subarray(0, cut));
      await new Promise(setImmediate);
      cutStream.write(whole.subarray(cut));
      expect((await found).pubkey).toEqual(peer.key);
      cutStream.end();
      expect(Buffer.concat(await cutStream.toArray())).toEqual(whole);
    }
  });

  it('is found byte for byte', async () => {
    const slow = stream();
    const found = greetingOf(slow, somebody, 5_000);
    for (const byte of greetingFrame(peer, 'cbc')) {
      slow.write(new Uint8Array([byte]));
      await new Promise(setImmediate);
    }
    expect((await found).pubkey).toEqual(peer.key);
  });

  it.each([
    ['another program’s', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'no dialect'],
    ['longer than any', Buffer.from('ffffff7f010000000000000000', 'hex'), 'announced'],
    ['cut', Buffer.from(greetingFrame(peer, 'cbc').subarray(0, 50)), 'without a greeting'],
    ['empty', Buffer.alloc(0), 'without a greeting'],
    ['our own', Buffer.from(greetingFrame(identity(1), 'cbc')), 'our own key'],
    ['without a port', Buffer.from(greetingFrame(peer, 'cbc', { listen: 'example.org' })), 'host:port'],
    ['of no key', Buffer.from(greetingFrame(peer, 'cbc', { pubkey: new Uint8Array(33) as PublicKey })), 'none'],
  ])('is refused when it is %s', async (_, bytes, why) => {
    const ending = stream(bytes);
    ending.end();
    await expect(greetingOf(ending, somebody, 1_000)).rejects.toMatchObject({
      code: 'unreachable',
      detail: expect.stringContaining(why),
    });
  });

  it('is refused when it is another’s than the one expected', async () => {
    const expected = { ...somebody, expected: identity(3).key };
    await expect(greetingOf(stream(greetingFrame(peer, 'cbc')), expected, 1_000)).rejects.toThrow('no peer answers');
  });

  it('is waited for until its time is over, or the stream is', async () => {
    await expect(greetingOf(stream(), somebody, 20)).rejects.toMatchObject({ detail: 'no greeting in time' });
    const broken = stream();
    const found = greetingOf(broken, somebody, 5_000);
    broken.destroy(new Error('gone'));
    await expect(found).rejects.toMatchObject({ detail: 'it ended without a greeting' });
  });
});
