/**
 * What the command line and the environment say of the bridge.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type HostAndPort, hostAndPort } from '../../core/network/addresses.ts';
import type { PortRange } from '../bridge/ports.ts';
import { isRange } from '../bridge/special-addresses.ts';
import { wholeNumber } from '../cli/arguments.ts';

export interface BridgeSettings {
  readonly allow: readonly string[];
  readonly proxy: HostAndPort | undefined;
  readonly ports: PortRange | undefined;
  readonly announcedHost: string | undefined;
  readonly mostConnections: number;
  readonly mostPorts: number;
}

/** As commander hands them over. */
export interface BridgeFlags {
  readonly bridge: boolean;
  readonly bridgeAllow: readonly string[];
  readonly socks?: HostAndPort;
  readonly ports?: PortRange;
  readonly portsHost?: string;
  readonly maxBridges: number;
  readonly maxPorts: number;
}

export const defaultBridge: BridgeSettings = {
  allow: [],
  proxy: undefined,
  ports: undefined,
  announcedHost: undefined,
  mostConnections: 1_024,
  mostPorts: 256,
};

export function addBridgeOptions(command: Command): Command {
  const option = (flags: string, name: string, description: string) =>
    new Option(flags, description).env(`MCCLOUD_${name}`);
  return command
    .optionsGroup('TCP peers for tabs:')
    .addOption(option('--no-bridge', 'NO_BRIDGE', 'carry no connections between tabs and TCP peers'))
    .addOption(
      option(
        '--bridge-allow <range>',
        'BRIDGE_ALLOW',
        'dial this address or range for tabs though it is not public, such as 192.168.1.0/24; give it again for another (variable: a list with commas)',
      )
        .default([], 'none, and this machine if only it is listened on')
        .argParser(parseRanges),
    )
    .addOption(
      option('--socks <host:port>', 'SOCKS', 'SOCKS5 proxy for all that is dialled for tabs, such as Tor’s').argParser(
        parseProxy,
      ),
    )
    .addOption(
      option('--ports <from-to>', 'PORTS', 'TCP ports to lend to tabs that want to be dialled')
        .default(undefined, 'free ones')
        .argParser(parsePorts),
    )
    .addOption(
      option('--ports-host <host>', 'PORTS_HOST', 'what is told to dial for these ports')
        .default(undefined, 'the host by which the tab knows the relay')
        .argParser(parseHost),
    )
    .addOption(
      option('--max-bridges <number>', 'MAX_BRIDGES', 'connections carried at once')
        .default(defaultBridge.mostConnections)
        .argParser(wholeNumber(1, 100_000)),
    )
    .addOption(
      option('--max-ports <number>', 'MAX_PORTS', 'ports lent at once')
        .default(defaultBridge.mostPorts)
        .argParser(wholeNumber(0, 60_000)),
    );
}

export function bridgeSettings(flags: BridgeFlags): BridgeSettings | 'none' {
  if (!flags.bridge) return 'none';
  return {
    allow: flags.bridgeAllow,
    proxy: flags.socks,
    ports: flags.ports,
    announcedHost: flags.portsHost,
    mostConnections: flags.maxBridges,
    mostPorts: flags.maxPorts,
  };
}

function parseRanges(text: string, before: readonly string[]): readonly string[] {
  const ranges = text.split(',').map((range) => range.trim());
  for (const range of ranges) {
    if (!isRange(range)) throw new InvalidArgumentError('It is an IP address, or a range such as 192.168.1.0/24.');
  }
  return [...before, ...ranges];
}

function parseProxy(text: string): HostAndPort {
  const parsed = hostAndPort(text);
  if (parsed === undefined || parsed.port === 0) throw new InvalidArgumentError('It is host:port.');
  return parsed;
}

function parsePorts(text: string): PortRange {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (!(range.from > 0 && range.from <= range.to && range.to <= 65_535)) {
    throw new InvalidArgumentError('It is two ports from 1 to 65535, such as 29100-29199.');
  }
  return range;
}

function parseHost(text: string): string {
  if (hostAndPort(`${text}:1`) === undefined) throw new InvalidArgumentError('It is a host name or an IP address.');
  return text;
}
