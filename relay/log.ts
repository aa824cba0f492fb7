/**
 * What the relay tells its operator, on stderr: one line for each thing worth knowing, few of them.
 *
 * Time, a sentence, then facts as `name=value`, so that a person can read it and a program can cut it. A peer of the
 * command line tells more or less, as it is asked to.
 */
import { printable } from './printable.ts';

export type Facts = Readonly<Record<string, string | number>>;
/** Writes one line. */
export type Log = (sentence: string, facts?: Facts) => void;

export const logToStderr: Log = (sentence, facts = {}) => {
  process.stderr.write(`${logLine(new Date(), sentence, facts)}\n`);
};

/** From what must be put right to what only helps to find a mistake. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Logs = Readonly<Record<LogLevel, Log>>;

/** Logs that tell up to a level, and nothing past it. */
export function logsUpTo(level: LogLevel, log: Log): Logs {
  const told = (own: LogLevel): Log => (logLevels.indexOf(own) <= logLevels.indexOf(level) ? log : () => undefined);
  return { error: told('error'), warn: told('warn'), info: told('info'), debug: told('debug') };
}

/** What comes from outside is quoted where it could look like something else. */
export function logLine(time: Date, sentence: string, facts: Facts): string {
  const told = Object.entries(facts).map(([name, value]) => `${name}=${plain(String(value))}`);
  return [time.toISOString(), sentence, ...told].join('  ');
}

function plain(value: string): string {
  return /^[\x21\x23-\x7e]+$/.test(value) ? value : printable(JSON.stringify(value));
}
