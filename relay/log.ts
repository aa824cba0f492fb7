/**
 * What the relay tells its operator, on stderr: one line for each thing worth knowing, few of them.
 *
 * Time, a sentence, then facts as `name=value`, so that a person can read it and a program can cut it.
 */

export type Facts = Readonly<Record<string, string | number>>;
/** Writes one line. */
export type Log = (sentence: string, facts?: Facts) => void;

export const logToStderr: Log = (sentence, facts = {}) => {
  process.stderr.write(`${logLine(new Date(), sentence, facts)}\n`);
};

/** What comes from outside is quoted where it could look like something else. */
export function logLine(time: Date, sentence: string, facts: Facts): string {
  const told = Object.entries(facts).map(([name, value]) => `${name}=${plain(String(value))}`);
  return [time.toISOString(), sentence, ...told].join('  ');
}

function plain(value: string): string {
  return /^[\x21\x23-\x7e]+$/.test(value) ? value : JSON.stringify(value);
}
