/**
 * Every byte that Node peers of ours, and a model of the reference, say to one of ours on real sockets, read by the
 * second decoder: written from the specification alone, with keys agreed on by Node's own means, it has to understand all
 * there is (spec/wire.md; docs/protocol.md, Secure upgrade). Ephemeral secrets are learned from the curve of this process,
 * which the peers share.
 */
import { createECDH } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultConfig } from '../../core/config.ts';
import type { DialectName } from '../../core/wire/dialect.ts';
import { nodeCurve } from '../../relay/curve.ts';
import { freePorts } from '../model/free-ports.ts';
import { hexOf } from '../model/reference/encoder.ts';
import { ReferenceOnSockets } from '../model/reference/on-sockets.ts';
import { type SecondMessage, secondFrames, secondVariants } from '../model/second-decoder.ts';
import { SecondLink, type SecondSide } from '../model/second-upgrade.ts';
import { type TappedConnection, Wiretap } from '../model/wiretap.ts';
import { eachKnows, oneChain, Stage, untilHolds } from './scenarios/stage.ts';

/** More than one write carries (relay/links/tcp.ts). */
const longText = 'long '.repeat(40_000);
/** How often more neighbours are asked for: many times before the first block, which waits 2 s for calm. */
const askEveryMs = 200;
const wholeMs = 120_000;
/** By public key, hex. A peer overwrites the ephemeral ones. */
const secrets = new Map<string, Uint8Array>();

describe.each<DialectName>(['gcm-siv', 'cbc'])('all that is said on links of one of ours in %s', (wire) => {
  let stage: Stage;

  beforeEach(async () => {
    secrets.clear();
    const publicKey = nodeCurve.publicKey;
    vi.spyOn(nodeCurve, 'publicKey').mockImplementation((secret) => {
      const key = publicKey(secret);
      secrets.set(hexOf(key), secret.slice());
      return key;
    });
    stage = await Stage.open(wire, { ...defaultConfig.relationship, timeMs: askEveryMs });
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await stage.close();
  });

  it(
    'is whole frames of that dialect, with every kind of message',
    async () => {
      // Who is told where it listens would dial it past the tap, and of two links of ours the newer stays.
      const first = await stage.add({ hiddenPort: await freePorts(1) });
      const second = await stage.add();
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
      // Ours fetch blocks from each other by the carrier.
      const reference = await ReferenceOnSockets.open(wire, 1);
      reference.connect(`127.0.0.1:${tap.port}`);
      await expect.poll(() => reference.texts.sort(), { timeout: 20_000 }).toEqual([longText, 'short'].sort());
      await reference.close();
      for (const actor of [second, late, thin, first]) await actor.end();

      const connections = await tap.close();
      const said = connections.flatMap((connection) => understood(connection));
      expect(connections).toHaveLength(4);
      expect(new Set(said.map(({ type }) => type))).toEqual(new Set(secondVariants[wire]));
    },
    wholeMs,
  );
});

function understood({ dialer, listener }: TappedConnection): SecondMessage[] {
  const link = new SecondLink(agreedX);
  const [fromDialler, fromListener] = [secondFrames(dialer), secondFrames(listener)];
  const said: SecondMessage[] = [];
  const read = (by: SecondSide, frames: readonly Uint8Array[]) => {
    for (const frame of frames) said.push(link.read(by, frame).message);
  };
  // Of each side its greeting, then what comes next, its hello among it, then the rest: so they can have been said.
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [2, undefined],
  ] as const) {
    read('dialler', fromDialler.slice(from, to));
    read('acceptor', fromListener.slice(from, to));
  }
  return said;
}

/** Of identities and ephemeral keys alike. */
function agreedX(one: string, other: string): Uint8Array {
  const [secret, key] = secrets.has(one) ? [secrets.get(one), other] : [secrets.get(other), one];
  if (secret === undefined) throw new Error('neither key was made in this process');
  const agreement = createECDH('secp256k1');
  agreement.setPrivateKey(secret);
  return agreement.computeSecret(key, 'hex');
}
