/**
 * What a command has of the process it runs in: its streams, and Ctrl-C.
 *
 * Whoever is asked to end gets five seconds to end in order, and is left where it is after that or when asked again.
 */
import { type LogFormat, type LogWriter, stderrWriter } from '../log.ts';
import { exitCodes } from './exit.ts';

export interface Terminal {
  /** Writes to stdout and waits until it is taken. Rejects with `EPIPE` when nobody reads any more. */
  print(text: string): Promise<void>;
  /** One line for a person, on stderr. */
  say(line: string): void;
  /** What a peer tells of itself. */
  log(format: LogFormat): LogWriter;
  readonly input: AsyncIterable<Uint8Array>;
  /** From the first call on Ctrl-C, SIGTERM and SIGHUP do not end the process: they abort this. */
  interruption(): AbortSignal;
}

export function processTerminal(): Terminal {
  // What a write comes to is told to whoever wrote; nobody reads the log of a peer whose stderr is closed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let interruption: AbortSignal | undefined;
  return {
    print: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    log: stderrWriter,
    say: (line) => void process.stderr.write(`mccloud: ${line}\n`),
    input: process.stdin,
    interruption() {
      interruption ??= interrupted();
      return interruption;
    },
  };
}

const endWithinMs = 5_000;
/** npm passes on the Ctrl-C that a terminal has sent to all of its programs already: that is one, not two. */
const againAfterMs = 500;
const parentLooksMs = 250;
/** What a shell says of a program that a signal ended. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

function interrupted(): AbortSignal {
  const controller = new AbortController();
  let first: number | undefined;
  const interrupt = (exitCode: number): void => {
    if (first === undefined) {
      first = performance.now();
      setTimeout(() => leave(exitCodes.failed), endWithinMs).unref();
      controller.abort();
    } else if (performance.now() - first > againAfterMs) leave(exitCode);
  };
  for (const [signal, exitCode] of Object.entries(signals)) process.on(signal, () => interrupt(exitCode));
  if (process.env['npm_command'] !== undefined) whenOrphaned(() => interrupt(signals.SIGTERM));
  return controller.signal;
}

/** A SIGTERM for `npx mccloud` ends npm and its shell and is never passed on: only the parent is another then. */
function whenOrphaned(call: () => void): void {
  const parent = process.ppid;
  const looks = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(looks);
    call();
  }, parentLooksMs).unref();
}

function leave(exitCode: number): void {
  process.stderr.write('mccloud: did not wait for what would not end\n');
  process.exit(exitCode);
}
