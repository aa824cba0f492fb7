/**
 * The command `mccloud` in a process, as bin/mccloud.js starts it.
 */
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

/** Does what the arguments ask for, then ends the process. A bug ends it with its stack. */
export async function main(args: readonly string[], version: string): Promise<never> {
  process.exit(await runProgram(args, version, processTerminal()));
}
