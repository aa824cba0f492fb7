import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../../../relay/log.ts';
import { type RelayOptions, startRelay } from '../../../relay/relay.ts';
import { FileStore } from '../../../relay/store/files.ts';
import { StunServer } from '../../../relay/stun.ts';
import { BridgeClient, identity } from '../../model/bridge-stage.ts';
import { makeCertificate } from '../../model/certificate.ts';
import { SignalingClient } from '../../model/signaling-client.ts';
import { StunClient } from '../../model/stun-client.ts';

let folder: string;
let options: RelayOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-relay-'));
  const pageFolder = join(folder, 'page');
  options = { host: '127.0.0.1', port: 0, folder, networks: ['main'], pageFolder, log: () => undefined };
});

afterEach(() => rm(folder, { recursive: true }));

describe('startRelay', () => {
  it('runs an archive for each network, once', async () => {
    const relay = await startRelay({ ...options, networks: ['main', 'b', 'main'] });
    expect([...relay.archives.keys()]).toEqual(['main', 'b']);
    await relay.close();
    await relay.close();
  });

  it.each([
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['0.0.0.0', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['localhost', /^http:\/\/localhost:\d+$/],
  ])('on %s names an address that a browser opens', async (host, address) => {
    const relay = await startRelay({ ...options, host });
    expect(relay.url).toMatch(address);
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
    await relay.close();
  });

  it('leaves nothing running when an archive cannot be opened', async () => {
    const first = await startRelay(options);
    const port = Number(new URL(first.url).port);
    await first.close();
    await mkdir(join(folder, 'bad'));
    await writeFile(join(folder, 'bad', 'identity'), 'x');
    const failing = startRelay({ ...options, port, networks: ['main', 'bad'] });
    await expect(failing).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
    const again = await startRelay({ ...options, port });
    await again.close();
  });

  it('says first that its port is taken, and touches no folder then', async () => {
    const first = await startRelay(options);
    const port = Number(new URL(first.url).port);
    await expect(startRelay({ ...options, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
  });

  it('answers STUN on the number of its own port, tells tabs so where they are elsewhere, and ends it', async () => {
    const relay = await startRelay({ ...options, host: '0.0.0.0', stun: 'as-http' });
    const port = Number(new URL(relay.url).port);
    const tab = await SignalingClient.joined(relay.url, 1);
    await tab.told();
    expect(tab.services).toEqual([{ kind: 'services', stun: port, turn: [] }]);
    const client = await StunClient.open('127.0.0.1', { address: '127.0.0.1', port });
    expect(await client.ask()).toEqual(['127.0.0.1', client.address.port]);
    client.close();
    await relay.close();
    const again = await StunServer.open('0.0.0.0', port);
    await again.close();
  });

  it('goes on without STUN where its UDP port is taken', async () => {
    const other = await StunServer.open('127.0.0.1', 0);
    const said: string[] = [];
    const relay = await startRelay({
      ...options,
      stun: other.address.port,
      log: ({ sentence }) => said.push(sentence),
    });
    expect(said.filter((sentence) => sentence.includes('STUN'))).toEqual([expect.stringMatching('port is taken')]);
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
    await relay.close();
    await other.close();
  });

  it.each([
    ['for this machine alone', {}, 'unreachable'],
    ['behind a proxy', { behindProxy: true }, 'no-target'],
  ])('%s dials this machine for a tab as far as it should', async (_, access, code) => {
    const relay = await startRelay({ ...options, access });
    const wish = { kind: 'dial', target: '127.0.0.1:2', byProxy: false } as const;
    const client = await BridgeClient.asking(relay.url.replace('http', 'ws'), identity(1), wish);
    expect(await client.next('refused')).toMatchObject({ code });
    client.socket.terminate();
    await relay.close();
  });

  it('refuses a network without a name', async () => {
    await expect(startRelay({ ...options, networks: ['../x'] })).rejects.toMatchObject({ code: 'bad-config' });
  });

  it('says that it is not open until its archives are', async () => {
    const first = await startRelay(options);
    const { port } = new URL(first.url);
    await first.close();
    let go: () => void = () => undefined;
    const { open } = FileStore.prototype;
    const opening = vi.spyOn(FileStore.prototype, 'open').mockImplementation(async function (this: FileStore) {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return open.call(this);
    });
    const starting = startRelay({ ...options, port: Number(port) });
    await vi.waitFor(() => expect(opening).toHaveBeenCalled());
    const health = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      return [response.status, await response.text()];
    };
    expect(await health()).toEqual([503, 'the relay is not open\n']);
    go();
    const relay = await starting;
    expect(await health()).toEqual([200, 'ok\n']);
    opening.mockRestore();
    await relay.close();
  });

  it('has a place for the numbers of others', async () => {
    const relay = await startRelay(options);
    relay.metrics.gauge('extra', 'Something else', [], () => [[{}, 7]]);
    expect(await (await fetch(`${relay.url}/metrics`)).text()).toContain('\nmccloud_extra 7\n');
    await relay.close();
  });

  it('logs as much as it is asked to', async () => {
    const logged: LogEntry[] = [];
    const log = (entry: LogEntry) => logged.push(entry);
    await (await startRelay({ ...options, log })).close();
    expect(logged.map(({ sentence }) => sentence)).toEqual(['archive']);
    await (await startRelay({ ...options, log, logLevel: 'warn' })).close();
    expect(logged).toHaveLength(1);
  });

  it('takes what it is told of access and limits', async () => {
    const { files } = await makeCertificate(folder, 'one');
    const logged: LogEntry[] = [];
    const relay = await startRelay({
      ...options,
      access: { tls: files },
      limits: { maxConnections: 10_000_000 },
      log: (entry) => logged.push(entry),
    });
    expect(relay.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await writeFile(files.key, 'no key');
    await relay.renewTls();
    expect(logged.map(({ level, sentence }) => [level, sentence])).toEqual([
      ['warn', 'this process may not open files enough for --max-connections'],
      ['info', 'archive'],
      ['error', 'the certificate stays the one that was'],
    ]);
    await relay.close();
    const missing = { cert: join(folder, 'none'), key: files.key };
    await expect(startRelay({ ...options, access: { tls: missing } })).rejects.toMatchObject({ code: 'bad-config' });
  });
});
