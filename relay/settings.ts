/**
 * What the command line and the environment set; flags go before variables. Each group of flags has a file in settings/.
 */
import { Command, Option } from 'commander';
import type { PublicKeyHex } from '../core/crypto/keys.ts';
import { parseCommittee, parseNetworks, parsePort } from './cli/arguments.ts';
import { exitCodes } from './cli/exit.ts';
import { type Access, type AccessFlags, accessSettings, addAccessOptions } from './settings/access.ts';
import { addBridgeOptions, type BridgeFlags, type BridgeSettings, bridgeSettings } from './settings/bridge.ts';
import { addLimitOptions, type Limits } from './settings/limits.ts';
import { type LogFlags, type LogSettings, logOptions, logSettings } from './settings/logs.ts';
import { addServiceOptions, type ServiceFlags, type ServiceSettings, serviceSettings } from './settings/services.ts';

export interface Settings extends ServiceSettings {
  readonly host: string;
  readonly port: number;
  /** Folder of the archives. */
  readonly data: string;
  readonly networks: readonly string[];
  /** Keys whose votes make blocks final, in each of them. */
  readonly committee: readonly PublicKeyHex[];
  readonly access: Access;
  readonly limits: Limits;
  readonly log: LogSettings;
  readonly bridge: BridgeSettings | 'none';
}

/** As commander hands them over. */
interface Flags extends AccessFlags, BridgeFlags, ServiceFlags, Limits, LogFlags {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly network: readonly string[];
  readonly committee: readonly PublicKeyHex[];
}

const more = `
Every flag can be set by the variable that stands beside it; flags go before
variables. Ctrl-C or SIGTERM ends the relay in order within a second; SIGHUP
makes it read its certificate and key anew.

Exit codes:
  ${exitCodes.done}  ended by Ctrl-C or SIGTERM
  ${exitCodes.failed}  it failed; one line on stderr says why
  ${exitCodes.usage}  wrong usage

Examples:
  npm start -- --network main --network other
  npm start -- --host :: --port 443 --tls-cert fullchain.pem --tls-key privkey.pem
  npm start -- --behind-proxy --origin https://site.example
`;

/** Prints help, or what is wrong, and ends the process; else returns what is set. */
export function readSettings(argv: readonly string[]): Settings {
  const command = relayCommand();
  const flags = command.parse(argv).opts<Flags>();
  const wrong = (line: string): never => command.error(`error: ${line}`, { exitCode: exitCodes.usage });
  const { host, port, data, network, committee, maxSockets, maxConnections, maxArchiveLinks } = flags;
  return {
    host,
    port,
    data,
    networks: network.length > 0 ? network : ['main'],
    committee,
    access: accessSettings(flags, wrong),
    ...serviceSettings(flags, wrong),
    limits: { maxSockets, maxConnections, maxArchiveLinks },
    bridge: bridgeSettings(flags),
    log: logSettings(flags),
  };
}

/** Where a browser on this machine opens the relay; it opens no wildcard. */
export function urlOf(host: string, port: number, { tls }: Access): string {
  const toOpen = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${toOpen}:${port}`;
}

/** The command, with all of its options, as `--help` shows it. */
export function relayCommand(): Command {
  const command = new Command('npm start --')
    .description(
      'Serves the page, brings tabs together, and keeps an archive of each network.\n' +
        'Open the address it prints in two tabs, and they are peers.',
    )
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.done : exitCodes.usage))
    .addHelpText('after', more);
  addServedOptions(command);
  addAccessOptions(command);
  addBridgeOptions(command);
  addServiceOptions(command);
  addLimitOptions(command);
  for (const option of logOptions()) command.optionsGroup('Logs, and help:').addOption(option);
  return command.helpOption('--help', 'show this');
}

function addServedOptions(command: Command): void {
  command
    .optionsGroup('What it serves, and where:')
    .addOption(new Option('--host <address>', 'where to listen').env('MCCLOUD_HOST').default('127.0.0.1'))
    .addOption(
      new Option('--port <number>', 'port to listen on; 0 takes a free one')
        .env('MCCLOUD_PORT')
        .default(8080)
        .argParser(parsePort),
    )
    .addOption(
      new Option('--data <folder>', 'where the archives keep their chains').env('MCCLOUD_DATA').default('data'),
    )
    .addOption(
      new Option('--network <name>', 'network to serve; give it again for another (variable: a list with commas)')
        .env('MCCLOUD_NETWORK')
        .default([], 'main')
        .argParser(parseNetworks),
    )
    .addOption(
      new Option('--committee <key>', 'a key whose votes make blocks final; give it again for another (with commas)')
        .env('MCCLOUD_COMMITTEE')
        .default([], 'none')
        .argParser(parseCommittee),
    );
}

/** Commander puts what may have been meant on a line of its own. */
function oneLine(text: string): string {
  return `${text
    .replace(/^error: /, 'mccloud: ')
    .trim()
    .replace(/\n+/g, ' ')}\n`;
}
