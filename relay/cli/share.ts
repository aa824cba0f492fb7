/**
 * `mccloud share`: hands an item to the peer of a folder, which signs and shares it.
 */
import type { Command } from 'commander';
import { sharedDataBytes } from '../../core/chain/data.ts';
import { utf8Bytes } from '../../core/codec/bytes.ts';
import { ask, type Told } from '../control/client.ts';
import { printable } from '../printable.ts';
import { dataOption } from './arguments.ts';
import { CommandError, exitCodes } from './exit.ts';
import type { Terminal } from './terminal.ts';

const more = `
Prints the item's id as soon as the peer holds it; it then goes into a block by
itself. With --wait it also prints the height of that block. It is final only
when a committee says so: see the README, What it promises, and what not.

Examples:
  mccloud share 'hello, world'
  mccloud share -- --text-that-begins-with-a-dash
  mccloud share - < photo.jpg
`;

interface ShareOptions {
  readonly data: string;
  readonly wait?: boolean;
}

export function addShare(program: Command, terminal: Terminal): void {
  program
    .command('share')
    .summary('share an item')
    .description('Shares a text, or with - the bytes of stdin as they are; at most 512 KiB.')
    .argument('<text>', 'what to share; - reads stdin')
    .addOption(dataOption('folder of the peer'))
    .option('--wait', 'wait until it stands in a block')
    .addHelpText('after', more)
    .action((text: string, options: ShareOptions) => share(text, options, terminal));
}

async function share(text: string, { data: folder, wait = false }: ShareOptions, terminal: Terminal): Promise<void> {
  const data = text === '-' ? await wholeInput(terminal) : utf8Bytes(text);
  if (data.length > sharedDataBytes) throw tooLarge();
  for await (const answer of ask(folder, { kind: 'share', data, wait })) await tell(answer, terminal);
}

async function tell(answer: Told, terminal: Terminal): Promise<void> {
  switch (answer.kind) {
    case 'shared':
      return terminal.print(`${answer.id}\n`);
    case 'included':
      return terminal.print(`${answer.height}\n`);
    case 'waiting':
      if (answer.waitingFor !== undefined) terminal.say(`waits for ${printable(answer.waitingFor)}`);
      return;
    default:
      return;
  }
}

/** No more of it is read than can be shared. */
async function wholeInput(terminal: Terminal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of terminal.input) {
    bytes += piece.length;
    if (bytes > sharedDataBytes) throw tooLarge();
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function tooLarge(): CommandError {
  return new CommandError(exitCodes.failed, `an item is at most ${sharedDataBytes / 1_024} KiB`);
}
