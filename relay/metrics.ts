/**
 * Numbers for Prometheus: gauges that are read when somebody asks, counters that count meanwhile.
 *
 * Whoever has a number gives it here by a name, a sentence and its labels; the names all begin with `mccloud_`. Values of
 * labels are few and ours, never a client's words: each new one is a line for ever.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

const prefix = 'mccloud_';

export type Labels = Readonly<Record<string, string>>;
export type Value = readonly [labels: Labels, value: number];

/** What the process itself is like is the same for all who ask, however many relays run in it. */
let process: Registry | undefined;

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();

  /** @param name without its prefix @param read called each time that somebody asks */
  gauge(name: string, help: string, labelNames: readonly string[], read: () => Iterable<Value>): void {
    new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  }

  /** @param name without its prefix, ending in `_total` @returns what counts */
  counter(name: string, help: string, labelNames: readonly string[]): (labels?: Labels, by?: number) => void {
    const counter = new Counter({ name: prefix + name, help, labelNames, registers: [this.#registry] });
    return (labels = {}, by = 1) => counter.inc(labels, by);
  }

  /** Everything, in Prometheus's text format. */
  async text(): Promise<string> {
    return (await this.#registry.metrics()) + (await processMetrics().metrics());
  }
}

function processMetrics(): Registry {
  if (process === undefined) {
    process = new Registry();
    collectDefaultMetrics({ register: process, prefix });
  }
  return process;
}
