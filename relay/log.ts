/**
 * What a relay or a peer tells its operator, on stderr: one line for each thing worth knowing, few of them.
 *
 * As text: time, a sentence, then facts as `name=value`, so that a person can read it and a program can cut it. As JSON:
 * one object a line, for programs. How much is told is asked for by a level.
 */
import { printable } from './printable.ts';

export type Facts = Readonly<Record<string, string | number>>;
/** Writes one line. */
export type Log = (sentence: string, facts?: Facts) => void;

/** From what must be put right to what only helps to find a mistake. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Logs = Readonly<Record<LogLevel, Log>>;

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogEntry {
  readonly level: LogLevel;
  readonly sentence: string;
  readonly facts: Facts;
}
/** Where entries go. */
export type LogWriter = (entry: LogEntry) => void;

/** Writes to stderr, a line for each entry. */
export function stderrWriter(format: LogFormat): LogWriter {
  const line = format === 'json' ? jsonLine : textLine;
  return (entry) => void process.stderr.write(`${line(new Date(), entry)}\n`);
}

/** Logs that tell up to a level, and nothing past it. */
export function logsUpTo(level: LogLevel, write: LogWriter): Logs {
  const told = (own: LogLevel): Log =>
    logLevels.indexOf(own) <= logLevels.indexOf(level)
      ? (sentence, facts = {}) => write({ level: own, sentence, facts })
      : () => undefined;
  return { error: told('error'), warn: told('warn'), info: told('info'), debug: told('debug') };
}

/** What is to be looked at is marked; what comes from outside is quoted where it could look like something else. */
export function textLine(time: Date, { level, sentence, facts }: LogEntry): string {
  const mark = level === 'error' || level === 'warn' ? [level] : [];
  const told = Object.entries(facts).map(([name, value]) => `${name}=${plain(String(value))}`);
  return [time.toISOString(), ...mark, sentence, ...told].join('  ');
}

/** Facts have an object of their own: none of them is ever taken for the time or the message. */
export function jsonLine(time: Date, { level, sentence, facts }: LogEntry): string {
  return printable(JSON.stringify({ time: time.toISOString(), level, message: sentence, facts }));
}

function plain(value: string): string {
  return /^[\x21\x23-\x7e]+$/.test(value) ? value : printable(JSON.stringify(value));
}
