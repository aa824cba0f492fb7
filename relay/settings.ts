/**
 * What the command line and the environment set; flags go before variables.
 */
import { Command, Option } from 'commander';
import { addBridgeOptions, type BridgeFlags, type BridgeSettings, bridgeSettings } from './bridge/settings.ts';
import { parseNetworks, parsePort } from './cli/arguments.ts';

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Folder of the archives. */
  readonly data: string;
  readonly networks: readonly string[];
  /** Undefined: nothing is carried. */
  readonly bridge: BridgeSettings | undefined;
}

interface Flags extends BridgeFlags {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly network: readonly string[];
}

/** Prints help, or what is wrong, and ends the process; else returns what is set. */
export function readSettings(argv: readonly string[]): Settings {
  const command = new Command('mccloud')
    .description(
      'Serves the page, brings tabs together, and keeps an archive of each network.\n' +
        'Open the address it prints in two tabs, and they are peers.',
    )
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
    .helpOption('--help', 'show this');
  const options = addBridgeOptions(command).parse(argv).opts<Flags>();
  const { host, port, data, network } = options;
  return { host, port, data, networks: network.length > 0 ? network : ['main'], bridge: bridgeSettings(options) };
}
