/**
 * `mccloud verify`, `export` and `import`: a chain in a folder, looked at and carried to and fro.
 *
 * They work on a folder while no peer runs on it. Progress goes to stderr, where a person sees it and only there.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isNetworkName } from '../../core/config.ts';
import type { Torn } from '../store/block-files.ts';
import { exportFolder } from '../transfer/export.ts';
import type { Progressed } from '../transfer/folder.ts';
import { importFile } from '../transfer/import.ts';
import { type FolderReport, verifyFolder } from '../transfer/verify.ts';
import { CommandError, exitCodes } from './exit.ts';
import type { Terminal } from './terminal.ts';

export function addTransfer(program: Command, terminal: Terminal): void {
  program
    .command('verify')
    .description('verifies the chain of a folder: every hash, parent, author and signature; changes nothing')
    .argument('<folder>', 'a folder of this program or of the reference')
    .addOption(forcedRestart())
    .action((folder: string, options: Forced) => verify(folder, options, terminal));
  program
    .command('export')
    .description('writes the chain of a folder into one file, which a folder or a tab imports')
    .argument('<folder>', 'a folder of this program or of the reference')
    .argument('<file>', 'where to write; takes the place of what is there')
    .addOption(network('the network whose chain it is, where the folder does not say it (default: main)'))
    .action((folder: string, file: string, options: Named) => exported(folder, file, options, terminal));
  program
    .command('import')
    .description('takes an exported chain over into a folder that is empty or holds the beginning of it')
    .argument('<file>', 'as export, or a tab, has written it')
    .argument('<folder>', 'made if it is not there')
    .addOption(network('refuse the file if it is of another network'))
    .addOption(forcedRestart())
    .action((file: string, folder: string, options: Named & Forced) => imported(file, folder, options, terminal));
}

interface Forced {
  readonly forcedRestart: boolean;
}

interface Named {
  readonly network?: string;
}

/** How often a line of progress is written anew. */
const progressMs = 200;

function forcedRestart(): Option {
  return new Option('--no-forced-restart', 'refuse blocks by authors that their parents do not name');
}

function network(description: string): Option {
  return new Option('--network <name>', description).argParser((name: string) => {
    if (isNetworkName(name)) return name;
    throw new InvalidArgumentError('a network is named by 1 to 64 of a–z 0–9 . _ -, the first a letter or digit.');
  });
}

async function verify(folder: string, options: Forced, terminal: Terminal): Promise<void> {
  const report = await withProgress((progressed) => verifyFolder(folder, { ...options, progressed }));
  const { fault, torn } = report;
  await printLines(terminal, [...reportLines(report), ...tornLines(torn, 'will be')]);
  if (fault === undefined) return;
  throw new CommandError(exitCodes.failed, `the block at height ${fault.height} is not valid: ${fault.why}`);
}

async function exported(folder: string, file: string, options: Named, terminal: Terminal): Promise<void> {
  const { network, blocks, bytes, torn } = await withProgress((progressed) =>
    exportFolder(folder, file, { ...options, progressed }),
  );
  const what = `${counted(blocks, 'block')} of the network ${network} in ${file}, ${counted(bytes, 'byte')}`;
  await printLines(terminal, [what, ...tornLines(torn, 'will be')]);
}

async function imported(file: string, folder: string, options: Named & Forced, terminal: Terminal): Promise<void> {
  const report = await withProgress((progressed) => importFile(file, folder, { ...options, progressed }));
  const { network, blocks, imported, torn } = report;
  const news = imported === 0 ? 'it held all of them before' : `${grouped(imported)} of them new`;
  const what = `${counted(blocks, 'block')} of the network ${network} in ${folder}, ${news}`;
  await printLines(terminal, [...tornLines(torn, 'were'), what]);
}

function reportLines({ blocks, items, unverifiedItems, forcedBlocks, fault }: FolderReport): string[] {
  const before = fault === undefined ? '' : ' before that one';
  const lines = [`${counted(blocks, 'block')} with ${counted(items, 'item')} are whole and verified${before}`];
  if (unverifiedItems > 0) lines.push(`${counted(unverifiedItems, 'item')} not signed by the author they name`);
  if (forcedBlocks > 0) lines.push(`${counted(forcedBlocks, 'block')} by an author the block before does not name`);
  return lines;
}

function tornLines({ blocks, bytes, found }: Torn, will: 'will be' | 'were'): string[] {
  const lines: string[] = [];
  if (bytes > 0) {
    const when = will === 'were' ? 'were cut' : 'will be cut by the next opening';
    lines.push(`the end is torn: ${counted(bytes, 'byte')}, of ${counted(blocks, 'block')}, ${when}`);
  }
  if (found > 0) {
    lines.push(`the index is damaged at ${counted(found, 'block')}, which ${will} found again`);
  }
  return lines;
}

async function printLines(terminal: Terminal, lines: readonly string[]): Promise<void> {
  for (const line of lines) await terminal.print(`${line}\n`);
}

async function withProgress<T>(run: (progressed: Progressed) => Promise<T>): Promise<T> {
  if (process.stderr.isTTY !== true) return await run(() => undefined);
  let told = 0;
  try {
    return await run((blocks, of) => {
      if (performance.now() < told + progressMs) return;
      told = performance.now();
      process.stderr.write(`\r${grouped(blocks)} of ${counted(of, 'block')}`);
    });
  } finally {
    process.stderr.write('\r\x1b[K');
  }
}

function counted(number: number, one: string): string {
  return `${grouped(number)} ${one}${number === 1 ? '' : 's'}`;
}

function grouped(number: number): string {
  return number.toLocaleString('en');
}
