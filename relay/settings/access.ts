/**
 * Flags of who reaches the relay and how: TLS by file, a reverse proxy before it, pages of other sites, who may read its
 * numbers.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSwitch } from '../cli/arguments.ts';
import { anyOrigin, canonicalOrigin } from '../origins.ts';
import type { TlsFiles } from '../tls.ts';

const metricsAudiences = ['none', 'loopback', 'all'] as const;
/** Who may read `/metrics`. */
export type MetricsAudience = (typeof metricsAudiences)[number];

export interface Access {
  /** Undefined: plain http. */
  readonly tls: TlsFiles | undefined;
  /** Whether all that comes was passed on by a proxy, which adds `X-Forwarded-For` and keeps `Host`. */
  readonly behindProxy: boolean;
  /** Canonical origins of other sites whose pages may open WebSockets here; `*` for all. */
  readonly origins: readonly string[];
  readonly metrics: MetricsAudience;
}

export const defaultAccess: Access = { tls: undefined, behindProxy: false, origins: [], metrics: 'loopback' };

/** As commander hands them over. */
export interface AccessFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly behindProxy: boolean;
  readonly origin: readonly string[];
  readonly metrics: MetricsAudience;
}

export function addAccessOptions(command: Command): void {
  const { behindProxy, metrics } = defaultAccess;
  command
    .optionsGroup('Who reaches it, and how:')
    .addOption(
      new Option('--tls-cert <file>', 'certificate chain (PEM): speak https and wss; SIGHUP reads it anew').env(
        'MCCLOUD_TLS_CERT',
      ),
    )
    .addOption(new Option('--tls-key <file>', 'secret key of the certificate (PEM)').env('MCCLOUD_TLS_KEY'))
    .addOption(
      new Option(
        '--behind-proxy [on|off]',
        'all that comes was passed on by a proxy that keeps Host and adds X-Forwarded-For',
      )
        .env('MCCLOUD_BEHIND_PROXY')
        .default(behindProxy, 'off')
        .argParser(parseSwitch),
    )
    .addOption(
      new Option(
        '--origin <origin>',
        'another site whose pages may connect, as https://site.example, or * for all; give it again for another (variable: a list with commas)',
      )
        .env('MCCLOUD_ORIGIN')
        .default([], 'none')
        .argParser(parseOrigins),
    )
    .addOption(
      new Option('--metrics <whom>', 'who may read /metrics: nobody, this machine, or all')
        .env('MCCLOUD_METRICS')
        .choices(metricsAudiences)
        .default(metrics),
    );
}

/** @param fail ends the program with a line about its usage */
export function accessSettings(flags: AccessFlags, fail: (line: string) => never): Access {
  const { tlsCert: cert, tlsKey: key, behindProxy, origin: origins, metrics } = flags;
  if (cert !== undefined && key === undefined) return fail('--tls-cert needs --tls-key, the file of its secret key');
  if (key !== undefined && cert === undefined) return fail('--tls-key needs --tls-cert, the file of its certificate');
  const tls = cert === undefined || key === undefined ? undefined : { cert, key };
  return { tls, behindProxy, origins, metrics };
}

/** Several, with commas; added to those before. */
function parseOrigins(value: string, before: readonly string[]): string[] {
  return [...before, ...value.split(',').map((origin) => parseOrigin(origin.trim()))];
}

function parseOrigin(value: string): string {
  const origin = value === anyOrigin ? value : canonicalOrigin(value);
  if (origin !== undefined) return origin;
  throw new InvalidArgumentError('an origin is scheme://host or scheme://host:port, without a path; or * for all.');
}
