/**
 * `mccloud blocks`: the chain as the peer of a folder holds it, oldest block first, and new ones as they come.
 */
import type { Command } from 'commander';
import type { BlockView } from '../../core/face.ts';
import { ask } from '../control/client.ts';
import { dataOption, wholeNumber } from './arguments.ts';
import { blockJsonLine, blockText } from './block-text.ts';
import type { Terminal } from './terminal.ts';

const more = `
An item is shown as text in quotes, or as hex when it is no text; long ones are
cut. With --json each line is one block: height, hash, parent, author,
nextChoices, items (each with id, data in base64, author, signature, verified,
repeated, and text where it is UTF-8) and signature.

With --follow, a block whose height is not one more than that of the block
before takes the place of the block of that height and of all after it: the
chain was reorganised.

Examples:
  mccloud blocks --from 100
  mccloud blocks --follow --json | jq -r '.items[].text'
`;

interface BlocksOptions {
  readonly data: string;
  readonly from: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function addBlocks(program: Command, terminal: Terminal): void {
  program
    .command('blocks')
    .summary('the chain, oldest block first')
    .description('Prints the blocks that the peer of a folder holds, oldest first.')
    .addOption(dataOption('folder of the peer'))
    .option('--from <height>', 'first block to print', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--follow', 'go on with new blocks until Ctrl-C')
    .option('--json', 'one JSON object a line, with everything in it')
    .addHelpText('after', more)
    .action((options: BlocksOptions) => printBlocks(options, terminal));
}

async function printBlocks(options: BlocksOptions, terminal: Terminal): Promise<void> {
  const { data, from, follow = false, json = false } = options;
  const left = follow ? terminal.interruption() : undefined;
  let next = from;
  for await (const answer of ask(data, { kind: 'blocks', from, follow }, left)) {
    if (answer.kind !== 'block') continue;
    const undone = answer.block.height < next;
    next = answer.block.height + 1;
    await terminal.print(`${json ? blockJsonLine(answer.block) : forPeople(answer.block, undone)}\n`);
  }
}

function forPeople(block: BlockView, undone: boolean): string {
  const text = blockText(block);
  return undone ? `the chain was reorganised: what follows takes the place of block ${block.height} on\n${text}` : text;
}
