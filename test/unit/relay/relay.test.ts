import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RelayOptions, startRelay } from '../../../relay/relay.ts';

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

  it('refuses a network without a name', async () => {
    await expect(startRelay({ ...options, networks: ['../x'] })).rejects.toMatchObject({ code: 'bad-config' });
  });
});
