import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import { statusText } from '../../../../relay/cli/status.ts';
import type { PeerReport } from '../../../../relay/control/messages.ts';
import { openControl } from '../../../../relay/control/server.ts';
import { Author } from '../../../model/author.ts';
import { ran, TestTerminal } from '../../../model/command-line.ts';
import { House } from '../../../model/house.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-status-'));
});

afterEach(() => rm(folder, { recursive: true }));

const key = `02${'ab'.repeat(32)}` as PeerReport['publicKey'];
const report: PeerReport = {
  publicKey: key,
  network: 'main',
  listen: undefined,
  process: 12,
  height: 1,
  root: '11'.repeat(32) as never,
  tip: '22'.repeat(32) as never,
  final: undefined,
  storage: 'disk',
  syncing: undefined,
  waitingFor: undefined,
  problems: [],
  known: 0,
  connected: [],
  pending: 0,
};

describe('the status for people', () => {
  it('has a line for each thing', () => {
    expect(statusText(report)).toBe(
      [
        `key        ${key}`,
        'network    main',
        'listens    nowhere: it dials and nobody dials it',
        'process    12',
        'chain      1 block, disk',
        `root       ${'11'.repeat(32)}`,
        `tip        ${'22'.repeat(32)}`,
        'known      0 online',
        'connected  0 links',
        'pending    0 items',
        'problems   none',
      ].join('\n'),
    );
  });

  it('tells of links, of what is waited for, and of problems', () => {
    const link = { publicKey: key, address: '192.0.2.1:29092', carrier: 'tcp', dialled: false, ours: false };
    const text = statusText({
      ...report,
      listen: '127.0.0.1:29092',
      root: undefined,
      final: 7,
      syncing: { held: 1, of: 9 },
      waitingFor: 'a second peer',
      connected: [link, { ...link, dialled: true, ours: true }],
      problems: [{ code: 'other-root', message: 'Another root.' }],
    });
    for (const line of [
      'listens    127.0.0.1:29092',
      'chain      1 block, disk; catching up, 1 of 9',
      'root       none',
      'final      up to block 7',
      'connected  2 links',
      `           ${key}  192.0.2.1:29092  tcp, was dialled, reference program`,
      `           ${key}  192.0.2.1:29092  tcp, dialled`,
      'waits      for a second peer',
      'problems   1 problem',
      '           other-root: Another root.',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('passes nothing on that a terminal would obey', () => {
    const text = statusText({ ...report, problems: [{ code: 'x', message: 'a\u001b[2J\nkey  false' }] });
    expect(text).toContain('           x: a\\u001b[2J\\u000akey  false');
  });
});

describe('mccloud status', () => {
  it('prints how the peer of a folder is', async () => {
    const { peer } = await new House().open('a', new Author(1));
    peer.share(utf8Bytes('x'));
    const control = await openControl(folder, peer, () => undefined);
    const [text, json] = [new TestTerminal(), new TestTerminal()];
    expect(await ran(['status', '--data', folder], text)).toEqual({ exitCode: 0, help: '', complaints: '' });
    expect(text.printed).toMatch(new RegExp(`^key {8}${peer.publicKey}\\n`));
    expect(text.printed).toContain('pending    1 item\n');
    expect((await ran(['status', '--data', folder, '--json'], json)).exitCode).toBe(0);
    expect(JSON.parse(json.printed)).toMatchObject({ publicKey: peer.publicKey, pending: 1, tip: null, connected: [] });
    expect(json.printed.trim().split('\n')).toHaveLength(1);
    await control.close();
  });

  it('says which folder has no peer, by an exit code of its own', async () => {
    const terminal = new TestTerminal();
    expect((await ran(['status', '--data', folder], terminal)).exitCode).toBe(3);
    expect([terminal.printed, terminal.said]).toEqual(['', `no peer is running for the folder ${folder}\n`]);
  });
});
