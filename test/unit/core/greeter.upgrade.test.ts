/**
 * Hello and the secure upgrade as a whole peer keeps them: what is said when, who is refused, who counts as ours
 * (spec/safety.md, The extension carrier, Secure upgrade).
 */
import { describe, expect, it } from 'vitest';
import { itemIdOf } from '../../../core/chain/data.ts';
import { encode } from '../../../core/codec/codec.ts';
import type { Config } from '../../../core/config.ts';
import { sessionKey } from '../../../core/crypto/agreement.ts';
import type { Carrier } from '../../../core/link.ts';
import { helloTimeoutMs } from '../../../core/network/links.ts';
import { extensionSaying, unpackExtension } from '../../../core/wire/carrier.ts';
import { cbcFraming } from '../../../core/wire/cbc-framing.ts';
import { cbcMessages, type DialectName } from '../../../core/wire/dialect.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { fakeCurve } from '../../model/fake-curve.ts';
import { type Opening, type Remote, Stage } from '../../model/stage.ts';

const [self, b, c] = authors(3) as [Author, Author, Author];
const version = (commit: string) => ({ version: { ...wireVersion, target: '', branch: 'stage', commit } });
const reference = version('');
const old = version('mcx0');
const make = (config: Partial<Config> = {}) => new Stage({ self, config });
const connected = (stage: Stage) => stage.machine.links.map(({ phase }) => phase.hex);
const sends = (stage: Stage, { link }: Remote) => stage.of('send').filter((effect) => effect.link === link).length;
const helloOf = ({ heard }: Remote) => {
  const [first] = heard;
  return first?.kind === 'requestNeighbours' ? unpackExtension(first.exclude) : undefined;
};

/** Both have greeted, and the other keeps its hello back. */
function waiting(stage: Stage, opening: Opening = {}): Remote {
  const remote = stage.open(b, opening);
  remote.saysHello = false;
  remote.greet();
  return remote;
}

describe('between two of ours', () => {
  it.each<[Carrier, boolean]>([
    ['webrtc', true],
    ['webrtc', false],
    ['websocket', true],
    ['tcp', true],
    ['tcp', false],
    ['bridge', false],
  ])(
    'hello goes out at once behind the greetings, by %s (dialled by us: %s), and nothing else before the other’s',
    (carrier, dialled) => {
      const stage = make();
      stage.handle({ kind: 'commanded', command: { kind: 'connect', address: '192.0.2.7:29092' } });
      const remote = waiting(stage, { carrier, dialled, address: '192.0.2.7:29092' });
      expect(sends(stage, remote)).toBe(2);
      const data = self.item();
      stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
      stage.pass(helloTimeoutMs - 1);
      expect([sends(stage, remote), remote.heard, connected(stage)]).toEqual([2, [], []]);
      remote.hello();
      expect(remote.of('keepAlive')).not.toEqual([]);
      expect(remote.of('shareData')).toHaveLength(1);
      // Hello proves nothing of the new keys: the first frame behind it does.
      expect(connected(stage)).toEqual([]);
      remote.keepAlive();
      expect(connected(stage)).toEqual([b.hex]);
    },
  );

  it('a link without a hello within 5 s is closed', () => {
    const stage = make();
    const remote = waiting(stage);
    stage.pass(helloTimeoutMs - 1);
    expect(remote.closedBecause).toBeUndefined();
    stage.pass(1);
    expect(remote.closedBecause).toBe('no hello in time');
  });

  it('a link whose first frame is no hello is closed', () => {
    const stage = make();
    const remote = waiting(stage);
    // As one says it that takes us for the reference, because somebody has changed our greeting on its way.
    const key = sessionKey(fakeCurve.sharedX(b.secret, self.key));
    const payload = encode(cbcMessages, { kind: 'keepAlive', ...b.keepAlive(1) });
    remote.raw(cbcFraming.sealedFrame(key, new Uint8Array(16).fill(7), 2n, payload));
    expect(remote.closedBecause).toContain('no-upgrade');
  });

  it('a second hello closes the link', () => {
    const stage = make();
    const remote = stage.join(b);
    remote.say(extensionSaying({ kind: 'hello', network: 'stage', features: 0, ephemeral: undefined }));
    expect(remote.closedBecause).toContain('bad-hello');
  });

  it('many links are upgraded side by side', () => {
    const stage = make();
    const remotes = [stage.join(b), stage.join(c)];
    for (const remote of remotes) remote.keepAlive();
    expect(connected(stage)).toEqual([b.hex, c.hex]);
  });
});

describe('between tabs, and between a tab and a relay’s own peer', () => {
  it.each<[Carrier, string, typeof reference]>([
    ['webrtc', 'the reference', reference],
    ['webrtc', 'ours from before the upgrade', old],
    ['websocket', 'the reference', reference],
    ['websocket', 'ours from before the upgrade', old],
  ])('by %s whoever greets as %s is told nothing and refused', (carrier, _, greeting) => {
    for (const dialled of [true, false]) {
      const stage = make();
      const remote = stage.join(b, greeting, { carrier, dialled, dialect: 'cbc' });
      expect([remote.closedBecause?.slice(0, 10), sends(stage, remote)]).toEqual(['no-upgrade', 1]);
      stage.pass(1_000);
      expect(connected(stage)).toEqual([]);
    }
  });

  it('gcm-siv, which both must have been told to speak, keeps its own session', () => {
    const stage = make({ wire: 'gcm-siv' });
    const remote = stage.join(b, reference, { carrier: 'webrtc', dialect: 'gcm-siv' });
    remote.hello();
    expect([remote.closedBecause, connected(stage)]).toEqual([undefined, [b.hex]]);
  });
});

describe('a peer of the reference by TCP', () => {
  it.each<[DialectName, Carrier]>([
    ['cbc', 'tcp'],
    ['gcm-siv', 'tcp'],
    ['cbc', 'bridge'],
  ])(
    'that speaks %s by %s is linked, and refused by who requires the upgrade, who shows it nothing',
    (dialect, carrier) => {
      for (const requireUpgrade of [false, true]) {
        const stage = make({ requireUpgrade });
        const remote = stage.join(b, reference, { carrier, dialect });
        if (!requireUpgrade) remote.say({ kind: 'requestNeighbours', count: 1, exclude: [] });
        expect(connected(stage)).toEqual(requireUpgrade ? [] : [b.hex]);
        if (requireUpgrade)
          expect([remote.closedBecause?.slice(0, 10), sends(stage, remote)]).toEqual(['no-upgrade', 0]);
      }
    },
  );

  it('that we dial and that is refused is not dialled again at once in another manner', () => {
    const stage = make({ requireUpgrade: true });
    const address = '192.0.2.7:29092';
    stage.handle({ kind: 'commanded', command: { kind: 'connect', address } });
    const remote = stage.open(b, { carrier: 'tcp', dialled: true, address });
    stage.pass(100);
    remote.greet(reference);
    expect([remote.closedBecause?.slice(0, 10), stage.of('dial').length]).toEqual(['no-upgrade', 1]);
  });

  it('of ours from before the upgrade counts as one, and is said no hello', () => {
    const stage = make();
    const remote = stage.join(b, old, { carrier: 'tcp' });
    remote.keepAlive();
    expect(stage.machine.links.map(({ phase }) => phase.ours)).toEqual([false]);
    expect(helloOf(remote)).toBeUndefined();
  });

  it('that says hello in cbc is cut off: its greeting did not say that it is ours, or was changed on its way', () => {
    const stage = make();
    const remote = stage.join(b, reference, { carrier: 'tcp' });
    remote.say(extensionSaying({ kind: 'hello', network: 'stage', features: 0, ephemeral: undefined }));
    expect(remote.closedBecause).toContain('bad-hello');
  });
});

describe('in gcm-siv', () => {
  const join = (stage: Stage, author = b, opening: Opening = {}) =>
    stage.join(author, reference, { carrier: 'tcp', dialect: 'gcm-siv', ...opening });
  const ours = (stage: Stage) => stage.machine.links.map(({ phase }) => phase.ours);

  it('everybody is said hello first of all, without a key', () => {
    const remote = join(make());
    expect(helloOf(remote)).toEqual({ kind: 'hello', network: 'stage', features: 0, ephemeral: undefined });
  });

  it('who says hello is ours from then on, and who does not is a reference peer', () => {
    const stage = make();
    const [one, other] = [join(stage), join(stage, c)];
    for (const remote of [one, other]) remote.say({ kind: 'requestNeighbours', count: 1, exclude: [] });
    expect(ours(stage)).toEqual([false, false]);
    stage.forget();
    one.hello();
    expect(ours(stage)).toEqual([true, false]);
    expect(stage.delivered('changed')).not.toEqual([]);
    stage.pass(60_000);
    expect([one.closedBecause, other.closedBecause]).toEqual([undefined, undefined]);
  });

  it('who says hello of another network is cut off', () => {
    const remote = join(make());
    remote.say(extensionSaying({ kind: 'hello', network: 'other', features: 0, ephemeral: undefined }));
    expect(remote.closedBecause).toContain('other-network');
  });

  it('of two links of one of ours, dialled by the same side, the newer stays, as in cbc', () => {
    const stage = make();
    const [first, second] = [join(stage), join(stage)];
    first.hello();
    expect(first.closedBecause).toBeUndefined();
    second.hello();
    expect([first.closedBecause, second.closedBecause]).toEqual([
      'a newer link to this peer took its place',
      undefined,
    ]);
  });

  it('nobody of ours is dropped for its silence: it says nothing there while it is idle', () => {
    const stage = make();
    const remote = join(stage);
    remote.hello();
    stage.pass(60_000);
    expect([remote.closedBecause, [...stage.machine.known]]).toEqual([undefined, [b.hex]]);
  });
});
