/**
 * Tells the operator what the relay refuses, to whom and why: each is counted, and logged as far as the log is not
 * flooded by it.
 *
 * Anybody can be refused as often as they like. So of each kind a few lines a minute are written, and then one that says
 * how many were left out.
 */
import type { Milliseconds } from '../core/config.ts';
import type { Logs } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface Refusal {
  /** Where somebody came to: `signal`, `peer`, … */
  readonly door: string;
  /** One of a few words, for programs. */
  readonly code: string;
  /** For people; what the client was told. */
  readonly reason: string;
  /** `host:port` of the client. */
  readonly from: string;
  /** `warn` when it is a limit of the relay's that an operator can raise, `info` when it is the client's own fault. */
  readonly level: 'info' | 'warn';
}

export type Refused = (refusal: Refusal) => void;

/** Lines of one kind within a minute. */
export const mostLines = 10;
export const windowMs: Milliseconds = 60_000;
/** Doors and codes are few; past this they share one. */
const mostKinds = 256;

interface Kind {
  readonly level: Refusal['level'];
  readonly timer: NodeJS.Timeout;
  lines: number;
  leftOut: number;
}

export class Refusals {
  readonly #logs: Logs;
  readonly #count: (labels: { readonly door: string; readonly code: string }) => void;
  readonly #countLeftOut: () => void;
  /** Those of which a line was written within the last minute. */
  readonly #kinds = new Map<string, Kind>();

  constructor(logs: Logs, metrics: Metrics) {
    this.#logs = logs;
    this.#count = metrics.counter('refusals_total', 'What was refused, by where and why', ['door', 'code']);
    this.#countLeftOut = metrics.counter('log_lines_left_out_total', 'Refusals that were counted and not logged', []);
  }

  readonly tell: Refused = ({ door, code, reason, from, level }) => {
    this.#count({ door, code });
    const kind = this.#kind(`${door} ${code}`, level);
    if (kind.lines < mostLines) {
      kind.lines++;
      this.#logs[level]('refused', { door, code, reason, from });
    } else {
      kind.leftOut++;
      this.#countLeftOut();
    }
  };

  /** Says now what was left out. */
  close(): void {
    for (const name of this.#kinds.keys()) this.#end(name);
  }

  #kind(asked: string, level: Refusal['level']): Kind {
    const name = this.#kinds.has(asked) || this.#kinds.size < mostKinds ? asked : 'other';
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = { level, timer: setTimeout(() => this.#end(name), windowMs).unref(), lines: 0, leftOut: 0 };
      this.#kinds.set(name, kind);
    }
    return kind;
  }

  #end(name: string): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) return;
    clearTimeout(kind.timer);
    this.#kinds.delete(name);
    const [door = '', code = ''] = name.split(' ');
    if (kind.leftOut > 0) this.#logs[kind.level]('refused more of these', { door, code, leftOut: kind.leftOut });
  }
}
