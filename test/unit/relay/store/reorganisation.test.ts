import { describe, expect, it } from 'vitest';
import { hashHex } from '../../../../core/crypto/keys.ts';
import type { StoredBlock } from '../../../../core/storage/store.ts';
import { rawFrame } from '../../../../core/storage/zstd.ts';
import { BlockFiles } from '../../../../relay/store/block-files.ts';
import { finishReorganisation, reorganise } from '../../../../relay/store/reorganisation.ts';
import { ChainMaker } from '../../../contract/material.ts';
import { type Contents, RecordedDisk } from '../../../model/recorded-disk.ts';
import { allHold } from '../../../model/verifiers.ts';

const framed = ({ hash, bytes }: StoredBlock) => ({ hash, frame: rawFrame(bytes) });
const chain = new ChainMaker(1).chain(5);
const hashes = (blocks: readonly StoredBlock[]) => blocks.map(({ hash }) => hashHex(hash)).join();

async function recovered(contents: Contents) {
  const disk = new RecordedDisk(contents);
  const { files } = await BlockFiles.open(disk, allHold);
  const finished = await finishReorganisation(disk, files);
  const held = Array.from({ length: files.count }, (_, height) => hashHex(files.hashAt(height) as StoredBlock['hash']));
  return { finished, held: held.join(), isLeft: disk.contents.has('reorganisation.db') };
}

describe('a reorganisation', () => {
  it.each([
    ['longer', 3, 4],
    ['as long', 3, 2],
    ['shorter', 1, 1],
    ['from the root on', 0, 3],
  ])('to a branch that is %s is either done or not begun, wherever it is broken off', async (_, cutTo, length) => {
    const disk = new RecordedDisk();
    const { files } = await BlockFiles.open(disk, allHold);
    await files.append(chain.map(framed));
    const begin = disk.operations.length;
    const branch = new ChainMaker(2).chain(length, chain[cutTo - 1]);
    await reorganise(disk, files, cutTo, branch.map(framed));
    const [before, after] = [hashes(chain), hashes([...chain.slice(0, cutTo), ...branch])];
    const seen = new Set<string>();
    for (let done = begin; done <= disk.operations.length; done++) {
      for (const bytes of [0, 1, 47, 48, 100, 1_000]) {
        const { held, isLeft } = await recovered(disk.crashed(done, bytes));
        expect([before, after]).toContain(held);
        expect(isLeft).toBe(false);
        seen.add(held);
      }
    }
    expect(seen.size).toBe(2);
  });

  it('that is over does nothing to a chain that has gone on, should its file be left', async () => {
    const disk = new RecordedDisk();
    const { files } = await BlockFiles.open(disk, allHold);
    await files.append(chain.map(framed));
    const branch = new ChainMaker(2).chain(2, chain[2]);
    await reorganise(disk, files, 3, branch.map(framed));
    const left = disk.operations.find(({ kind }) => kind === 'replace');
    const later = new ChainMaker(3).chain(3, branch[1]);
    for (const gone of [0, 1, 3]) {
      await files.append(later.slice(files.count - 5, gone).map(framed));
      const contents = new Map(disk.contents);
      if (left?.kind === 'replace') contents.set('reorganisation.db', left.bytes);
      const { finished, held } = await recovered(contents);
      expect(finished).toBe(false);
      expect(held).toBe(hashes([...chain.slice(0, 3), ...branch, ...later.slice(0, gone)]));
    }
  });

  it.each([1, 3])(
    'that is over puts nothing back that a later one cuts, should its file be left (%i)',
    async (cutTo) => {
      const disk = new RecordedDisk();
      const { files } = await BlockFiles.open(disk, allHold);
      await files.append(chain.map(framed));
      const branch = new ChainMaker(2).chain(2, chain[2]);
      await reorganise(disk, files, 3, branch.map(framed));
      const begin = disk.operations.length;
      await reorganise(disk, files, cutTo, []);
      const before = hashes([...chain.slice(0, 3), ...branch]);
      const after = hashes(chain.slice(0, cutTo));
      // That a file was removed comes to the disk with nothing that is synced.
      for (let done = begin; done <= disk.operations.length; done++) {
        const { held } = await recovered(disk.crashed(done, 0, () => 'lost'));
        expect([before, after]).toContain(held);
      }
      expect((await recovered(disk.crashed(disk.operations.length, 0, () => 'lost'))).held).toBe(after);
    },
  );

  it('is not begun by a file that is torn', async () => {
    const disk = new RecordedDisk();
    const { files } = await BlockFiles.open(disk, allHold);
    await files.append(chain.map(framed));
    const contents = new Map(disk.contents);
    contents.set('reorganisation.db', new Uint8Array(500).fill(1));
    const { finished, held } = await recovered(contents);
    expect([finished, held]).toEqual([false, hashes(chain)]);
  });
});
