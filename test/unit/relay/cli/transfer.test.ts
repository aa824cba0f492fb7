import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeVerifier } from '../../../../relay/curve.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { ChainSigner } from '../../../model/chain-signer.ts';
import { ran, TestTerminal } from '../../../model/command-line.ts';
import { changeFile, referenceCopy, useFolder, writeFolder } from '../transfer/chain-folder.ts';

const folderOf = useFolder();
const chain = new ChainSigner(1).chain(3);
const copied = () => referenceCopy(folderOf('reference'));

/** What the command says and ends with. */
async function run(...args: readonly string[]) {
  const terminal = new TestTerminal();
  const { exitCode } = await ran(args, terminal);
  const lines = (text: string) => text.split('\n').slice(0, -1);
  return { exitCode, out: lines(terminal.printed), err: lines(terminal.said) };
}

describe('mccloud verify', () => {
  it('says what is whole, and ends with 0', async () => {
    expect(await run('verify', await copied())).toEqual({
      exitCode: 0,
      out: ['4 blocks with 5 items are whole and verified'],
      err: [],
    });
  });

  it('says which block is not valid, and ends with 1', async () => {
    await writeFolder(folderOf('chain'), [...chain.slice(0, 2), new ChainSigner(2).block(undefined), ...chain]);
    expect(await run('verify', folderOf('chain'))).toEqual({
      exitCode: 1,
      out: [
        '2 blocks with 2 items are whole and verified before that one',
        expect.stringMatching(/^the end is torn: [\d,]+ bytes, of 4 blocks, will be cut by the next opening$/),
      ],
      err: ['the block at height 2 is not valid: its parent is not the block before it'],
    });
  });

  it('says what a crash has left, which is no fault', async () => {
    await writeFolder(folderOf('chain'), chain);
    await changeFile(join(folderOf('chain'), 'blocks.db'), (bytes) => Buffer.concat([bytes, Buffer.alloc(9)]));
    await changeFile(join(folderOf('chain'), 'index.db'), (bytes) => bytes.fill(0, 48));
    const { exitCode, out } = await run('verify', folderOf('chain'));
    expect(exitCode).toBe(0);
    expect(out).toEqual([
      '3 blocks with 3 items are whole and verified',
      'the end is torn: 9 bytes, of 0 blocks, will be cut by the next opening',
      'the index is damaged at 2 blocks, which will be found again',
    ]);
  });

  it('says what a person should know of a chain that is valid all the same', async () => {
    const [signer, stranger] = [new ChainSigner(3), new ChainSigner(4)];
    const root = signer.block(undefined, [{ ...signer.item(), sign: new Uint8Array(64) as never }]);
    await writeFolder(folderOf('chain'), [root, stranger.block(root)]);
    expect((await run('verify', folderOf('chain'))).out.slice(1)).toEqual([
      '1 item not signed by the author they name',
      '1 block by an author the block before does not name',
    ]);
    expect((await run('verify', folderOf('chain'), '--no-forced-restart')).exitCode).toBe(1);
  });
});

describe('mccloud export and import', () => {
  it('carry a chain from folder to folder', async () => {
    const file = folderOf('file');
    const { out } = await run('export', await copied(), file);
    const bytes = (await readFile(file)).length.toLocaleString('en');
    expect(out).toEqual([`4 blocks of the network main in ${file}, ${bytes} bytes`]);
    expect(await run('import', file, folderOf('new'))).toEqual({
      exitCode: 0,
      out: [`4 blocks of the network main in ${folderOf('new')}, 4 of them new`],
      err: [],
    });
    expect((await run('import', file, folderOf('new'))).out).toEqual([
      `4 blocks of the network main in ${folderOf('new')}, it held all of them before`,
    ]);
  });

  it('say in one line what is wrong, and end with 1', async () => {
    await writeFile(folderOf('text'), 'a text');
    const failed = (why: string) => ({ exitCode: 1, out: [], err: [why] });
    expect(await run('import', folderOf('text'), folderOf('new'))).toEqual(
      failed('This is no file of an exported chain.'),
    );
    expect(await run('export', folderOf('none'), folderOf('f'))).toEqual(
      failed(`there is no folder ${folderOf('none')}`),
    );
    await run('export', await copied(), folderOf('file'));
    expect(await run('import', folderOf('file'), folderOf('new'), '--network', 'second')).toEqual(
      failed('The file is of the network main, not of second.'),
    );
  });

  it('end with 4 where a process holds the folder, and say which', async () => {
    await run('export', await copied(), folderOf('file'));
    const store = new FileStore(folderDisk(folderOf('chain')), nodeVerifier);
    await store.open();
    for (const args of [
      ['verify', folderOf('chain')],
      ['export', folderOf('chain'), folderOf('other')],
      ['import', folderOf('file'), folderOf('chain')],
    ]) {
      expect(await run(...args)).toEqual({
        exitCode: 4,
        out: [],
        err: [`the folder ${folderOf('chain')} is in use by this process`],
      });
    }
    await store.close();
  });
});

describe('a wrong usage', () => {
  it.each([
    ['verify'],
    ['verify', 'one', 'two'],
    ['verify', 'one', '--unknown'],
    ['export', 'one'],
    ['import', 'one'],
    ['export', 'one', 'two', '--network', 'Not A Name'],
  ])('ends with 2: %s %s %s', async (...args) => {
    expect((await run(...args)).exitCode).toBe(2);
  });

  it('is none when help is asked for', async () => {
    for (const command of ['verify', 'export', 'import']) expect((await run(command, '--help')).exitCode).toBe(0);
  });
});
