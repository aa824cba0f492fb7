import { describe, expect, it } from 'vitest';
import type { Config } from '../../../../core/config.ts';
import type { Carrier } from '../../../../core/link.ts';
import { silentMs } from '../../../../core/network/links.ts';
import type { DialectName } from '../../../../core/wire/dialect.ts';
import { type Greeting, wireVersion } from '../../../../core/wire/messages.ts';
import { type Author, authors } from '../../../model/author.ts';
import { type Remote, Stage } from '../../../model/stage.ts';

const [self, b] = authors(2) as [Author, Author];
const onion = 'abcdefghijklmnop.onion:29092';
const clear = '192.0.2.7:29092';
const reason = 'nothing came for 30 s';

interface Given {
  readonly config?: Partial<Config>;
  readonly address?: string;
  readonly dialled?: boolean;
  readonly carrier?: Carrier;
  readonly dialect?: DialectName;
  readonly greeting?: Partial<Greeting>;
}

function joined(given: Given): { readonly stage: Stage; readonly remote: Remote } {
  const { config = {}, address = onion, dialled = true, carrier = 'tcp', dialect = 'cbc', greeting } = given;
  const stage = new Stage({ self, config });
  if (dialled) stage.handle({ kind: 'commanded', command: { kind: 'connect', address } });
  const remote = stage.join(b, greeting, { dialled, address, carrier, dialect });
  if (dialect === 'cbc') remote.keepAlive();
  return { stage, remote };
}

describe('a link on which nothing comes', () => {
  it.each<[string, Given]>([
    ['to an onion address', {}],
    ['by a bridge to an onion address', { carrier: 'bridge' }],
    ['to a relay at an onion address', { carrier: 'websocket', address: 'ws://abcdefghijklmnop.onion/peer/stage' }],
    ['through a proxy', { config: { proxied: true }, address: clear }],
    ['from who dialled our onion address', { config: { listen: onion }, dialled: false, address: '127.0.0.1:1234' }],
  ])('%s, is closed after 30 s, for by Tor it may go on standing when nobody is there', (_, given) => {
    const { stage, remote } = joined(given);
    stage.pass(silentMs - 1);
    expect(remote.closedBecause).toBeUndefined();
    stage.pass(1);
    expect(remote.closedBecause).toBe(reason);
  });

  it.each<[string, Given]>([
    ['directly', { address: clear }],
    ['from who dialled a clear address of ours', { dialled: false, address: '127.0.0.1:1234' }],
    ['from a thin peer, which says nothing of itself', { greeting: { thin: true } }],
    [
      'from a reference peer that is silent when idle',
      { dialect: 'gcm-siv', greeting: { version: wireVersionOfOthers() } },
    ],
  ])('%s, stays', (_, given) => {
    const { stage, remote } = joined(given);
    stage.pass(10 * silentMs);
    expect(remote.closedBecause).toBeUndefined();
  });

  it('is dialled again, once', () => {
    const { stage } = joined({});
    stage.forget();
    stage.pass(silentMs + 1_000);
    expect(stage.of('dial').map(({ address }) => address)).toEqual([onion]);
  });
});

describe('a link by Tor on which something comes', () => {
  it('stays, for each KeepAlive and each part of what is not whole yet', () => {
    const { stage, remote } = joined({});
    for (let i = 0; i < 10; i++) {
      stage.pass(silentMs - 1);
      remote.keepAlive();
    }
    // The length of a frame of 1 MiB and its IV, then some of it at a time.
    remote.raw(Uint8Array.of(0, 0, 0x10, 0, ...new Uint8Array(16)));
    for (let i = 0; i < 10; i++) {
      stage.pass(silentMs - 1);
      remote.raw(new Uint8Array(100));
    }
    expect(remote.closedBecause).toBeUndefined();
    stage.pass(silentMs);
    expect(remote.closedBecause).toBe(reason);
  });
});

function wireVersionOfOthers(): Greeting['version'] {
  return { ...wireVersion, target: '', branch: '', commit: '' };
}
