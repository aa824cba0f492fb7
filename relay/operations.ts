/**
 * What the relay answers to those who run it: `/healthz`, whether it is well, and `/metrics`, its numbers.
 *
 * Health is for everybody, and says nothing but one reason. Numbers are for this machine unless the operator shows them
 * to all; what a proxy on this machine has passed on is none of its own.
 */
import type { ServerResponse } from 'node:http';
import { hostAndPort } from '../core/network/addresses.ts';
import type { Metrics } from './metrics.ts';
import { isLoopback } from './open.ts';
import { isLoopbackHost } from './origins.ts';
import type { MetricsAudience } from './settings/access.ts';

/** Who asks, and by which name. */
export interface Asker {
  /** `host:port` */
  readonly from: string;
  /** The `Host` header. */
  readonly host: string;
  /** A proxy has passed the request on. */
  readonly passedOn: boolean;
}

const plain = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

export class Operations {
  readonly #metrics: Metrics;
  readonly #audience: MetricsAudience;
  readonly #trouble: () => string | undefined;

  /** @param trouble why the relay is not well; undefined when it is */
  constructor(metrics: Metrics, audience: MetricsAudience, trouble: () => string | undefined) {
    this.#metrics = metrics;
    this.#audience = audience;
    this.#trouble = trouble;
  }

  /** Answers a GET or HEAD for a path of these; false when it is none. */
  async answer(path: string, asker: Asker, response: ServerResponse): Promise<boolean> {
    if (path === '/healthz') {
      const trouble = this.#trouble();
      response.writeHead(trouble === undefined ? 200 : 503, plain).end(`${trouble ?? 'ok'}\n`);
    } else if (path === '/metrics') await this.#answerMetrics(asker, response);
    else return false;
    return true;
  }

  async #answerMetrics({ from, host, passedOn }: Asker, response: ServerResponse): Promise<void> {
    const isHere = !passedOn && isLoopback(hostAndPort(from)?.host ?? '') && isLoopbackHost(host);
    if (this.#audience === 'all' || (this.#audience === 'loopback' && isHere)) {
      response.writeHead(200, { ...plain, 'Content-Type': this.#metrics.contentType }).end(await this.#metrics.text());
    } else
      response
        .writeHead(403, plain)
        .end(`metrics are not for you; this relay shows them by --metrics ${this.#audience}\n`);
  }
}
