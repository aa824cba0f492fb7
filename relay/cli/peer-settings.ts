/**
 * What `mccloud peer` can be told, by flags or variables, and what comes of it. Flags go before variables.
 */
import { type Command, Option } from 'commander';
import { type Config, defaultConfig, type ForcedRestart, type Wire } from '../../core/config.ts';
import type { PublicKeyHex } from '../../core/crypto/keys.ts';
import { isLoopback, type Reach } from '../open.ts';
import { type LogFlags, type LogSettings, logOptions, logSettings } from '../settings/logs.ts';
import {
  dataOption,
  parseCommittee,
  parseForcedRestart,
  parseHostAndPort,
  parseNetwork,
  parsePeers,
  parsePort,
  parseRoot,
  parseSwitch,
  wholeNumber,
} from './arguments.ts';
import { CommandError, exitCodes } from './exit.ts';

export interface PeerSettings {
  readonly folder: string;
  readonly reach: Exclude<Reach, { readonly kind: 'dials' }>;
  readonly config: Partial<Omit<Config, 'listen'>> & { readonly network: string };
  /** Addresses to dial. */
  readonly connect: readonly string[];
  readonly log: LogSettings;
  /** What is done otherwise than it was asked for, each in one line. */
  readonly notes: readonly string[];
}

/** As commander hands them over. */
export interface PeerFlags extends LogFlags {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly network: string;
  readonly conn: readonly string[];
  readonly proxy?: string;
  readonly announceBy?: string;
  readonly thin: boolean;
  readonly gather: number;
  readonly candidates: number;
  readonly forcedRestart: ForcedRestart;
  readonly wire: Wire;
  readonly requireUpgrade: boolean;
  readonly root?: string;
  readonly committee: readonly PublicKeyHex[];
}

/** A day: past that a peer does not gather, it sleeps. */
const mostGatherMs = 86_400_000;
/** More make a block suspect to others (core/chain/verify.ts). */
const mostCandidates = 64;
/** The reference's. */
const defaultPort = 29_092;

export function addPeerOptions(command: Command): Command {
  const { dataGatherTimeMs, riddle, network } = defaultConfig;
  const option = (flags: string, name: string, description: string) =>
    new Option(flags, description).env(`MCCLOUD_${name}`);
  command
    .addOption(option('--host <address>', 'HOST', 'where to listen').default('127.0.0.1'))
    .addOption(
      option('--port <number>', 'PORT', 'port to listen on; 0 takes a free one')
        .default(defaultPort)
        .argParser(parsePort),
    )
    .addOption(dataOption('folder of its key and its chain, made if it is not there'))
    .addOption(option('--network <name>', 'NETWORK', 'network to be in').default(network).argParser(parseNetwork))
    .addOption(
      option('--conn <address...>', 'CONN', 'peers to link with, again whenever the link ends')
        .default([], 'none')
        .argParser(parsePeers),
    )
    .addOption(
      option('--proxy <host:port>', 'PROXY', 'SOCKS5 proxy for all that is dialled').argParser(parseHostAndPort),
    )
    .addOption(
      option('--announce-by <host:port>', 'ANNOUNCE_BY', 'what others are told to dial').argParser(parseHostAndPort),
    )
    .addOption(
      option('--thin [on|off]', 'THIN', 'be known to nobody and never write a block')
        .default(false, 'off')
        .argParser(parseSwitch),
    )
    .addOption(
      option('--gather <ms>', 'GATHER', 'from one block to the next at least')
        .default(dataGatherTimeMs)
        .argParser(wholeNumber(0, mostGatherMs)),
    )
    .addOption(
      option('--candidates <number>', 'CANDIDATES', 'how many may write the block after one of ours')
        .default(riddle.nextCandidates)
        .argParser(wholeNumber(1, mostCandidates)),
    )
    .addOption(
      option('--forced-restart [rule]', 'FORCED_RESTART', 'when to go on though all who may write are offline')
        .default(riddle.forcedRestart, 'on')
        .preset('on')
        .argParser(parseForcedRestart),
    )
    .addOption(
      option('--wire <dialect>', 'WIRE', 'what to speak with peers of the reference program')
        .choices(['auto', 'cbc', 'gcm-siv'] satisfies Wire[])
        .default(defaultConfig.wire),
    )
    .addOption(
      option('--require-upgrade [on|off]', 'REQUIRE_UPGRADE', 'link only with peers of this program, forward secret')
        .default(defaultConfig.requireUpgrade, 'off')
        .argParser(parseSwitch),
    )
    .addOption(option('--root <hash>', 'ROOT', 'first block to insist on, whatever others hold').argParser(parseRoot))
    .addOption(
      option('--committee <key...>', 'COMMITTEE', 'keys whose votes make blocks final, the same on every peer')
        .default([], 'none')
        .argParser(parseCommittee),
    );
  for (const log of logOptions()) command.addOption(log);
  return command;
}

/** @throws CommandError `usage` for flags that do not go together */
export function peerSettings(flags: PeerFlags): PeerSettings {
  const { data, network, conn, thin, gather, candidates, forcedRestart, wire, requireUpgrade, root, committee } = flags;
  if (requireUpgrade && wire === 'gcm-siv') {
    throw new CommandError(exitCodes.usage, '--require-upgrade and --wire gcm-siv exclude each other');
  }
  const riddle = { nextCandidates: candidates, forcedRestart };
  const config = { network, thin, dataGatherTimeMs: gather, riddle, wire, requireUpgrade, root, committee };
  return { folder: data, ...reachOf(flags), config, connect: conn, log: logSettings(flags) };
}

function reachOf(flags: PeerFlags): Pick<PeerSettings, 'reach' | 'notes'> {
  const { host, port, proxy, announceBy, conn } = flags;
  if (proxy === undefined) {
    const isHidden = announceBy === undefined && (host === '0.0.0.0' || host === '::');
    const notes = isHidden ? [`nobody can be told to dial ${host}; --announce-by says what others are told`] : [];
    return { reach: { kind: 'listens', host, port, announceBy }, notes };
  }
  if (announceBy === undefined) {
    throw new CommandError(
      exitCodes.usage,
      '--proxy needs --announce-by, what others dial (an onion address, say; 127.0.0.1:1 if nobody is to)',
    );
  }
  const byUrl = conn.find((address) => address.includes('://'));
  if (byUrl !== undefined) {
    throw new CommandError(exitCodes.usage, `behind a proxy a peer is dialled at host:port, not at ${byUrl}`);
  }
  const notes = isLoopback(host) ? [] : [`behind a proxy it listens on 127.0.0.1 only, not on ${host}`];
  return { reach: { kind: 'proxied', host: isLoopback(host) ? host : '127.0.0.1', port, proxy, announceBy }, notes };
}
