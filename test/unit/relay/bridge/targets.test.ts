/**
 * Where a relay may be sent: hundreds of ways to name a place inside, each refused with the same answer.
 */
import { describe, expect, it } from 'vitest';
import { type Resolve, Targets } from '../../../../relay/bridge/targets.ts';
import { probes } from '../../../model/inside-addresses.ts';

const records: Readonly<Record<string, readonly string[]>> = {
  'inside.test-dns': ['10.0.0.1'],
  'mixed.test-dns': ['93.184.215.14', '127.0.0.1'],
  'mapped.test-dns': ['::ffff:127.0.0.1'],
  'metadata.test-dns': ['169.254.169.254'],
  'link-local.test-dns': ['fe80::1'],
  '127.0.0.1.nip.test-dns': ['127.0.0.1'],
  'localhost.localdomain': ['127.0.0.1'],
  'public.test-dns': ['93.184.215.14', '2606:2800:21f:cb07::1'],
};

const dns: Resolve = async (name) => records[name] ?? [];
const none = { allow: [], loopback: false };

describe('targets that are refused', () => {
  it(`are ${probes.length} probes and more than 300, all with the one answer`, async () => {
    expect(new Set(probes).size).toBeGreaterThan(300);
    const targets = new Targets(none, dns);
    const answers = await Promise.all(probes.map(async (probe) => [probe, await targets.literals(probe)]));
    expect(answers.filter(([, answer]) => answer !== undefined)).toEqual([]);
  });

  it('are so for a proxy too, but for names that it looks up itself and that may lead outside', () => {
    const targets = new Targets(none, dns);
    const passed = probes.filter((probe) => targets.unresolved(probe) !== undefined);
    expect(passed.sort()).toEqual(
      ['inside', 'mixed', 'mapped', 'metadata', 'link-local', 'nowhere', '127.0.0.1.nip']
        .map((name) => `${name}.test-dns:29092`)
        .concat('a.onion:29092', 'localhost.localdomain:29092')
        .sort(),
    );
    for (const name of ['router', 'nas.local', 'db.internal', 'printer.lan', 'x.home.arpa', 'a.corp', 'x.test']) {
      expect(targets.unresolved(`${name}:29092`)).toBeUndefined();
    }
  });
});

describe('targets that are dialled', () => {
  it.each([
    ['93.184.215.14:29092', [['93.184.215.14', 29_092]]],
    ['1.1.1.1:2', [['1.1.1.1', 2]]],
    ['9.255.255.255:65535', [['9.255.255.255', 65_535]]],
    ['11.0.0.0:2', [['11.0.0.0', 2]]],
    ['172.15.255.255:2', [['172.15.255.255', 2]]],
    ['172.32.0.0:2', [['172.32.0.0', 2]]],
    ['[2606:2800:21f:cb07::1]:443', [['2606:2800:21f:cb07::1', 443]]],
    [
      'PUBLIC.test-dns.:29092',
      [
        ['93.184.215.14', 29_092],
        ['2606:2800:21f:cb07::1', 29_092],
      ],
    ],
  ])('are public ones, and of a name the addresses that were checked: %s', async (target, expected) => {
    const literals = await new Targets(none, dns).literals(target);
    expect(literals?.map(({ host, port }) => [host, port])).toEqual(expected);
  });

  it('are those that are allowed, and no others', async () => {
    const targets = new Targets({ allow: ['192.168.1.0/24', '10.0.0.7', 'fd00::/8'], loopback: false }, dns);
    const isDialled = async (target: string) => (await targets.literals(target)) !== undefined;
    const dialled = ['192.168.1.9:2', '10.0.0.7:2', '[fd12::1]:2', '[::ffff:192.168.1.9]:2'];
    const refused = ['192.168.2.9:2', '10.0.0.8:2', '[fc00::1]:2', '127.0.0.1:2', 'localhost:2', 'inside.test-dns:2'];
    expect(await Promise.all(dialled.map(isDialled))).toEqual(dialled.map(() => true));
    expect(await Promise.all(refused.map(isDialled))).toEqual(refused.map(() => false));
  });

  it('are on this machine for a relay that is for this machine', async () => {
    const targets = new Targets({ allow: [], loopback: true }, dns);
    expect(await targets.literals('127.0.0.1:29092')).toEqual([{ host: '127.0.0.1', port: 29_092 }]);
    expect(await targets.literals('localhost:29092')).toHaveLength(2);
    expect(await targets.literals('[::1]:29092')).toHaveLength(1);
    expect(targets.unresolved('localhost:29092')).toEqual({ host: 'localhost', port: 29_092 });
    expect(targets.unresolved('127.0.0.1:29092')).toBeDefined();
    expect(await targets.literals('10.0.0.1:29092')).toBeUndefined();
  });

  it('are eight of a name at most, looked up once', async () => {
    let asked = 0;
    const many: Resolve = async () => {
      asked++;
      return Array.from({ length: 20 }, (_, place) => `93.184.215.${place + 1}`);
    };
    expect(await new Targets(none, many).literals('many.test-dns:2')).toHaveLength(8);
    expect(asked).toBe(1);
  });

  it('are by a proxy names and onion addresses as they are', () => {
    const targets = new Targets(none, dns);
    expect(targets.unresolved('Example.ORG:29092')).toEqual({ host: 'example.org', port: 29_092 });
    expect(targets.unresolved(`${'a'.repeat(56)}.onion:29092`)).toEqual({
      host: `${'a'.repeat(56)}.onion`,
      port: 29_092,
    });
    expect(targets.unresolved('93.184.215.14:29092')).toBeDefined();
  });
});
