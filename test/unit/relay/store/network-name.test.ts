import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepNetworkName, networkNameOf } from '../../../../relay/store/network-name.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-network-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('the network of a folder', () => {
  it('is kept once it was given, and by itself', async () => {
    expect(await networkNameOf(folder)).toBeUndefined();
    await keepNetworkName(folder, 'a.network-1');
    await keepNetworkName(folder, 'a.network-1');
    expect(await networkNameOf(folder)).toBe('a.network-1');
    expect(await readdir(folder)).toEqual(['network']);
    expect(await readFile(join(folder, 'network'), 'utf8')).toBe('a.network-1\n');
  });

  it('is refused when it is another one', async () => {
    await keepNetworkName(folder, 'one');
    await expect(keepNetworkName(folder, 'two')).rejects.toMatchObject({
      name: 'StoreError',
      code: 'other-network',
      message: `the folder ${folder} holds the network one, not two`,
    });
    expect(await networkNameOf(folder)).toBe('one');
  });

  it('is one, when two are given at the same moment', async () => {
    const given = await Promise.allSettled([keepNetworkName(folder, 'one'), keepNetworkName(folder, 'two')]);
    expect(given.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await readdir(folder)).toEqual(['network']);
  });

  it.each(['', 'Not A Name\n', 'a/b'])('is none when the file holds %j, which is left as it is', async (text) => {
    await writeFile(join(folder, 'network'), text);
    await expect(networkNameOf(folder)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
    await expect(keepNetworkName(folder, 'main')).rejects.toMatchObject({ code: 'corrupt' });
    expect(await readFile(join(folder, 'network'), 'utf8')).toBe(text);
  });

  it('cannot be kept where there is no folder', async () => {
    await expect(keepNetworkName(join(folder, 'none'), 'main')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
