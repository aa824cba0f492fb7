/**
 * `mccloud verify`, `export` and `import`: a chain in a folder, looked at and carried to and fro.
 *
 * Exit codes: 0 done; 1 it could not be done, or the chain is not whole, with one line that says why; 2 asked in a wrong
 * way; 4 another process holds the folder. Progress goes to stderr, where a person sees it and only there.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isNetworkName } from '../../core/config.ts';
import { StoreError, TransferError } from '../../core/errors.ts';
import type { Torn } from '../store/block-files.ts';
import { exportFolder } from '../transfer/export.ts';
import type { Progressed } from '../transfer/folder.ts';
import { importFile } from '../transfer/import.ts';
import { type FolderReport, verifyFolder } from '../transfer/verify.ts';

/** Adds the three commands. They set `process.exitCode` and end the process only for a wrong usage. */
export function transferCommands(program: Command): void {
  program
    .command('verify')
    .description('verifies the chain of a folder: every hash, parent, author and signature; changes nothing')
    .argument('<folder>', 'a folder of this program or of the reference')
    .addOption(forcedRestart())
    .exitOverride(usageExit)
    .action((folder: string, options: Forced) => ended(() => verify(folder, options)));
  program
    .command('export')
    .description('writes the chain of a folder into one file, which a folder or a tab imports')
    .argument('<folder>', 'a folder of this program or of the reference')
    .argument('<file>', 'where to write; takes the place of what is there')
    .addOption(network('the network whose chain it is, where the folder does not say it (default: main)'))
    .exitOverride(usageExit)
    .action((folder: string, file: string, options: Named) => ended(() => exported(folder, file, options)));
  program
    .command('import')
    .description('takes an exported chain over into a folder that is empty or holds the beginning of it')
    .argument('<file>', 'as export, or a tab, has written it')
    .argument('<folder>', 'made if it is not there')
    .addOption(network('refuse the file if it is of another network'))
    .addOption(forcedRestart())
    .exitOverride(usageExit)
    .action((file: string, folder: string, options: Named & Forced) => ended(() => imported(file, folder, options)));
}

interface Forced {
  readonly forcedRestart: boolean;
}

interface Named {
  readonly network?: string;
}

const exitCodes = { failed: 1, usage: 2, held: 4 } as const;
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

/** Commander ends with 1 for what is 2 here; asked for help it ends with 0. */
function usageExit({ exitCode }: { readonly exitCode: number }): never {
  process.exit(exitCode === 0 ? 0 : exitCodes.usage);
}

async function verify(folder: string, options: Forced): Promise<void> {
  const report = await withProgress((progressed) => verifyFolder(folder, { ...options, progressed }));
  const { fault, torn } = report;
  for (const line of [...reportLines(report), ...tornLines(torn, 'will be')]) console.log(line);
  if (fault === undefined) return;
  failed(`the block at height ${fault.height} is not valid: ${fault.why}`, exitCodes.failed);
}

async function exported(folder: string, file: string, options: Named): Promise<void> {
  const { network, blocks, bytes, torn } = await withProgress((progressed) =>
    exportFolder(folder, file, { ...options, progressed }),
  );
  console.log(`${counted(blocks, 'block')} of the network ${network} in ${file}, ${counted(bytes, 'byte')}`);
  for (const line of tornLines(torn, 'will be')) console.log(line);
}

async function imported(file: string, folder: string, options: Named & Forced): Promise<void> {
  const report = await withProgress((progressed) => importFile(file, folder, { ...options, progressed }));
  const { network, blocks, imported, torn } = report;
  for (const line of tornLines(torn, 'were')) console.log(line);
  const news = imported === 0 ? 'it held all of them before' : `${grouped(imported)} of them new`;
  console.log(`${counted(blocks, 'block')} of the network ${network} in ${folder}, ${news}`);
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

/** What a person can put right is one line; anything else is a bug, and is thrown. */
async function ended(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof TransferError)) throw error;
    failed(error.message, error.code === 'held' ? exitCodes.held : exitCodes.failed);
  }
}

function failed(why: string, exitCode: number): void {
  console.error(`mccloud: ${why}`);
  process.exitCode = exitCode;
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
