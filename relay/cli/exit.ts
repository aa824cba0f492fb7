/**
 * How a command ends: exit codes that a script can go by, and one line on stderr for whoever reads.
 */
import { CommanderError } from 'commander';
import { LinkError, PeerError, StoreError, TransferError } from '../../core/errors.ts';
import { ControlError } from '../control/errors.ts';

/** What `--help` lists. */
export const exitCodes = { done: 0, failed: 1, usage: 2, noPeer: 3, held: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command, with the line that is to be read. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}

export interface Outcome {
  readonly exitCode: ExitCode;
  /** Undefined when nothing is left to say. */
  readonly line: string | undefined;
}

/** @returns undefined when it is a bug, which keeps its stack */
export function outcomeOf(error: unknown): Outcome | undefined {
  if (error instanceof CommandError) return { exitCode: error.exitCode, line: error.message };
  // Help and complaints about the command line are printed by then.
  if (error instanceof CommanderError) {
    return { exitCode: error.exitCode === 0 ? exitCodes.done : exitCodes.usage, line: undefined };
  }
  if (error instanceof ControlError) {
    return { exitCode: error.code === 'no-peer' ? exitCodes.noPeer : exitCodes.failed, line: error.message };
  }
  if (error instanceof StoreError && error.code === 'held') return { exitCode: exitCodes.held, line: error.message };
  const isTold = [StoreError, PeerError, LinkError, TransferError].some((kind) => error instanceof kind);
  if (isTold && error instanceof Error) {
    return { exitCode: exitCodes.failed, line: error.message };
  }
  // Whoever reads what is printed has enough (`| head`).
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE')
    return { exitCode: exitCodes.done, line: undefined };
  return undefined;
}
