/**
 * The command line without a process of its own: what it prints, what it says, its exit code.
 */
import { vi } from 'vitest';
import { runProgram } from '../../relay/cli/program.ts';
import type { Terminal } from '../../relay/cli/terminal.ts';
import { jsonLine, type LogFormat, type LogWriter, textLine } from '../../relay/log.ts';

/** A terminal that a test types into and reads. */
export class TestTerminal implements Terminal {
  printed = '';
  said = '';
  /** Lines without their time. */
  logged = '';
  /** From then on nobody reads what is printed. */
  isClosed = false;
  readonly #input: readonly Uint8Array[];
  readonly #interruption = new AbortController();
  /** Called after each print. */
  heard: (printed: string) => void = () => undefined;

  constructor(...input: readonly Uint8Array[]) {
    this.#input = input;
  }

  async print(text: string): Promise<void> {
    if (this.isClosed) throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    this.printed += text;
    this.heard(this.printed);
  }

  say(line: string): void {
    this.said += `${line}\n`;
  }

  log(format: LogFormat): LogWriter {
    const line = format === 'json' ? jsonLine : textLine;
    return (entry) => {
      this.logged += `${line(new Date(), entry).replace(/^\S+ {2}/, '')}\n`;
    };
  }

  get input(): AsyncIterable<Uint8Array> {
    const pieces = this.#input;
    return (async function* () {
      yield* pieces;
    })();
  }

  interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  interrupt(): void {
    this.#interruption.abort();
  }
}

export interface Ran {
  readonly exitCode: number;
  /** What commander printed by itself. */
  readonly help: string;
  readonly complaints: string;
}

/** Runs a command to its end. */
export async function ran(args: readonly string[], terminal = new TestTerminal()): Promise<Ran> {
  let [help, complaints] = ['', ''];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    help += String(text);
    return true;
  });
  const error = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    complaints += String(text);
    return true;
  });
  try {
    const exitCode = await runProgram(args, '1.2.3', terminal);
    return { exitCode, help, complaints };
  } finally {
    out.mockRestore();
    error.mockRestore();
  }
}
