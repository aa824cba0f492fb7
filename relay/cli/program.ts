/**
 * The command line as one program: its commands, its help, its exit codes.
 *
 * A command is a file beside this one that adds itself; it says what it came to by returning or throwing.
 */
import { Command } from 'commander';
import { addBlocks } from './blocks.ts';
import { exitCodes, outcomeOf } from './exit.ts';
import { addPeer } from './peer.ts';
import { addShare } from './share.ts';
import { addStatus } from './status.ts';
import type { Terminal } from './terminal.ts';
import { addTransfer } from './transfer.ts';

/** In the order of the help. Commands that work on a folder while no peer runs on it have their place at the end. */
const commands = [addPeer, addShare, addBlocks, addStatus, addTransfer];

const more = `
share, blocks and status talk to the peer that runs on a folder (--data), by way
of a socket in it that only its owner may use; verify, export and import work on
a folder while no peer runs on it. The relay, with the page for browsers, is npm
start.

Exit codes:
  ${exitCodes.done}  done; for peer and blocks --follow also: ended by Ctrl-C or SIGTERM
  ${exitCodes.failed}  it failed; one line on stderr says why
  ${exitCodes.usage}  wrong usage
  ${exitCodes.noPeer}  no peer is running for this folder
  ${exitCodes.held}  another process holds this folder
  130, 143  Ctrl-C or SIGTERM came before it was done

Examples:
  mccloud peer --data one
  mccloud peer --data two --port 29093 --conn 127.0.0.1:29092
  mccloud share --data one --wait 'hello'
  mccloud blocks --data two --follow
  mccloud export one chain.mccloud
`;

/** Runs what the arguments ask for. @returns the exit code */
export async function runProgram(args: readonly string[], version: string, terminal: Terminal): Promise<number> {
  try {
    await programOf(version, terminal).parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome === undefined) throw error;
    if (outcome.line !== undefined) terminal.say(outcome.line);
    return outcome.exitCode;
  }
}

function programOf(version: string, terminal: Terminal): Command {
  const program = new Command('mccloud')
    .description('A peer-to-peer blockchain: runs a peer in a terminal, and shares and reads by it.')
    .version(version, '--version', 'show the version')
    .helpOption('--help', 'show this; also after a command')
    .helpCommand('help [command]', 'show the help of a command')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'mccloud: ')) })
    .exitOverride()
    .addHelpText('after', more);
  for (const add of commands) add(program, terminal);
  return program;
}
