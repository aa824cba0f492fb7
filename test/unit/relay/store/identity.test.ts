import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { openIdentity } from '../../../../relay/store/identity.ts';

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'mccloud-identity-'));
  folder = join(parent, 'new');
});

afterEach(() => rm(parent, { recursive: true }));

describe('openIdentity', () => {
  it('makes a key once, in a file for its owner only', async () => {
    const secret = await openIdentity(folder);
    expect(secret).toHaveLength(32);
    expect(await openIdentity(folder)).toEqual(secret);
    expect((await stat(join(folder, 'identity'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['identity']);
    expect(JSON.parse(await readFile(join(folder, 'identity'), 'utf8'))).toEqual({ secret: bytesToHex(secret) });
  });

  it('makes another for another folder', async () => {
    expect(await openIdentity(folder)).not.toEqual(await openIdentity(join(parent, 'other')));
  });

  it('gives the same to all who ask at once', async () => {
    const secrets = await Promise.all([openIdentity(folder), openIdentity(folder), openIdentity(folder)]);
    expect(new Set(secrets.map(bytesToHex)).size).toBe(1);
  });

  it.each(['', 'x', '{}', '{"secret":"00"}', `{"secret":"${'0'.repeat(64)}"}`, `{"secret":"${'F'.repeat(64)}"}`])(
    'says corrupt of %j and leaves it as it is',
    async (text) => {
      await openIdentity(folder);
      await writeFile(join(folder, 'identity'), text);
      await expect(openIdentity(folder)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
      expect(await readFile(join(folder, 'identity'), 'utf8')).toBe(text);
    },
  );

  it('says unavailable where there can be no file', async () => {
    await writeFile(join(parent, 'file'), '');
    await expect(openIdentity(join(parent, 'file'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
