/**
 * Every byte that Node peers of ours say to one of them on real sockets, read by the second decoder: written from the
 * specification alone, with keys agreed on by Node's own means, it has to understand all there is (spec/wire.md).
 */
import { createECDH, createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../core/config.ts';
import type { DialectName } from '../../core/wire/dialect.ts';
import {
  exactMessage,
  type SecondMessage,
  secondGreetingPayload,
  secondHeaderBytes,
  secondStream,
  secondVariants,
} from '../model/second-decoder.ts';
import { type TappedConnection, Wiretap } from '../model/wiretap.ts';
import { type Actor, eachKnows, oneChain, Stage, untilHolds } from './scenarios/stage.ts';

/** More than one write carries (relay/links/tcp.ts). */
const longText = 'long '.repeat(40_000);
/** How often more neighbours are asked for: many times before the first block, which waits 2 s for calm. */
const askEveryMs = 200;
const wholeMs = 120_000;

describe.each<DialectName>(['gcm-siv', 'cbc'])('all that peers of ours say to one of them in %s', (wire) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await Stage.open(wire, { ...defaultConfig.relationship, timeMs: askEveryMs });
  });

  afterEach(() => stage.close());

  it(
    'is whole frames of that dialect, with every kind of message',
    async () => {
      const [first, second] = (await stage.addMany(2)) as [Actor, Actor];
      const thin = await stage.add({ thin: true });
      const tap = await Wiretap.open(first.port);
      for (const actor of [second, thin]) actor.dial(tap);
      await untilHolds([first, second], eachKnows([first, second], 1));
      await untilHolds([thin], eachKnows([thin], 2));
      await Promise.all([second.share('short').included, thin.share(longText).included]);
      const late = await stage.add();
      late.dial(tap);
      const agree = () => new Set([first, second, late].map(({ peer }) => peer.status.tip)).size === 1;
      await untilHolds([first, second, late], agree);
      expect(await oneChain([first, second, late], ['short', longText])).toEqual([]);
      const secret = await first.secret();
      for (const actor of [second, late, thin, first]) await actor.end();

      const connections = await tap.close();
      const said = connections.flatMap((connection) => understood(secret, connection, wire));
      expect(connections).toHaveLength(3);
      expect(new Set(said.map(({ type }) => type))).toEqual(new Set(secondVariants[wire]));
    },
    wholeMs,
  );
});

function understood(secret: Uint8Array, { dialer, listener }: TappedConnection, wire: DialectName): SecondMessage[] {
  const key = agreedKey(secret, greetingKey(dialer, wire));
  return [dialer, listener].flatMap((stream) => secondStream(key, stream));
}

function greetingKey(stream: Uint8Array, wire: DialectName): string {
  const length = new DataView(stream.buffer, stream.byteOffset).getUint32(0, true);
  const frame = stream.slice(0, secondHeaderBytes[wire].greeting + length);
  const message = exactMessage(secondGreetingPayload(frame, wire), wire);
  if (message.type !== 'greeting') throw new Error(`${message.type} instead of a greeting`);
  return message.pubkey;
}

function agreedKey(secret: Uint8Array, publicKey: string): Uint8Array {
  const agreement = createECDH('secp256k1');
  agreement.setPrivateKey(secret);
  return createHash('sha256').update(agreement.computeSecret(publicKey, 'hex')).digest();
}
