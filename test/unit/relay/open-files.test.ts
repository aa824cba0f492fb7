import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectionsWithin, openFilesLimit } from '../../../relay/open-files.ts';

async function limitOf(text: string): Promise<number | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-limits-'));
  await writeFile(join(folder, 'limits'), text);
  const limit = await openFilesLimit(join(folder, 'limits'));
  await rm(folder, { recursive: true });
  return limit;
}

it('reads the limit that holds now', async () => {
  const line = 'Max open files            20000                524288               files     \n';
  expect(await limitOf(`Limit  Soft Limit  Hard Limit  Units\n${line}Max locked memory 1 2 bytes\n`)).toBe(20_000);
});

it('knows none where there is none, or nobody tells', async () => {
  expect(await limitOf('Max open files            unlimited            unlimited            files\n')).toBeUndefined();
  expect(await limitOf('')).toBeUndefined();
  expect(await openFilesLimit('/nowhere/limits')).toBeUndefined();
});

it.each([
  [undefined, 16_384, 1_000, 16_384],
  [65_536, 16_384, 1_000, 16_384],
  [16_640, 16_384, 0, 16_384],
  [16_639, 16_384, 0, 16_383],
  [16_639, 16_384, 1_000, 15_383],
  [1_024, 16_384, 0, 768],
  [1_024, 16_384, 1_000, 512],
  [1_024, 100, 1_000, 100],
  [300, 16_384, 0, 150],
])('with %s files takes of %i connections, beside %i others, %i', (limit, wanted, others, taken) => {
  expect(connectionsWithin(limit, wanted, others)).toBe(taken);
});
