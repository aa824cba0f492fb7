import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFirst } from '../../../../relay/store/first-written.ts';

let folder: string;
const path = () => join(folder, 'a-file');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-first-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('a file that is written once', () => {
  it('stays what it was, and leaves nothing else behind', async () => {
    await writeFirst(path(), 'one', 0o600);
    await writeFirst(path(), 'two');
    expect([await readFile(path(), 'utf8'), await readdir(folder)]).toEqual(['one', ['a-file']]);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });

  it('is one of those that are written at the same moment, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, place) => String(place).repeat(1_000));
    await Promise.all(texts.map((text) => writeFirst(path(), text)));
    expect(texts).toContain(await readFile(path(), 'utf8'));
    expect(await readdir(folder)).toEqual(['a-file']);
  });

  it('is not written where there is no folder, and that is said', async () => {
    await expect(writeFirst(join(folder, 'none', 'a-file'), 'one')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
