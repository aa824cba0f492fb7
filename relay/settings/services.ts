/**
 * What the command line and the environment say of STUN and TURN, and whether it goes together.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { mostTurnServers, turnTextBytes } from '../../core/wire/signaling.ts';
import { parsePort } from '../cli/arguments.ts';
import type { StunPort } from '../services.ts';
import { isTurnUrl, type Turn } from '../turn.ts';

export interface ServiceSettings {
  readonly stun: StunPort;
  readonly turn: Turn | undefined;
}

/** As commander hands them over. */
export interface ServiceFlags {
  readonly stun: boolean;
  readonly stunPort?: number;
  readonly turn: readonly string[];
  readonly turnSecret?: string;
  readonly turnUser?: string;
  readonly turnPassword?: string;
}

export function addServiceOptions(command: Command): Command {
  const option = (flags: string, name: string, description: string) =>
    new Option(flags, description).env(`MCCLOUD_${name}`);
  return command
    .optionsGroup('STUN and TURN:')
    .addOption(
      option(
        '--stun-port <number>',
        'STUN_PORT',
        'UDP port to answer STUN on, as --port if not given; 0: a free one',
      ).argParser(parsePort),
    )
    .addOption(option('--no-stun', 'NO_STUN', 'answer no STUN (variable: set to anything)'))
    .addOption(
      option('--turn <url>', 'TURN', 'TURN server to name to tabs; again for another (variable: a list with commas)')
        .default([], 'none')
        .argParser(parseTurnUrls),
    )
    .addOption(option('--turn-secret <secret>', 'TURN_SECRET', 'what this relay shares with the TURN servers'))
    .addOption(option('--turn-user <name>', 'TURN_USER', 'user of the TURN servers, in place of a secret'))
    .addOption(option('--turn-password <password>', 'TURN_PASSWORD', 'and the password'));
}

/** @param wrong is told in one line what does not go together */
export function serviceSettings(flags: ServiceFlags, wrong: (line: string) => never): ServiceSettings {
  const { stun: isOn, stunPort } = flags;
  if (!isOn && stunPort !== undefined) return wrong('--no-stun and --stun-port do not go together');
  const turn = turnOf(flags);
  if (typeof turn === 'string') return wrong(turn);
  return { stun: isOn ? (stunPort ?? 'as-http') : 'none', turn };
}

function turnOf({ turn, turnSecret, turnUser, turnPassword }: ServiceFlags): Turn | string | undefined {
  const given = [turnSecret, turnUser, turnPassword].filter((value) => value !== undefined);
  if (turn.length === 0) {
    return given.length === 0 ? undefined : '--turn-secret, --turn-user and --turn-password are for --turn';
  }
  if (turn.length > mostTurnServers) return `--turn names at most ${mostTurnServers} servers, not ${turn.length}`;
  if (given.includes('')) return 'a secret, a user or a password of --turn is not empty';
  if (turnSecret !== undefined) {
    if (given.length > 1) return '--turn-secret makes users and passwords: give it alone';
    return { urls: turn, right: { kind: 'secret', secret: turnSecret } };
  }
  if (turnUser === undefined || turnPassword === undefined) {
    return '--turn needs --turn-secret, or both --turn-user and --turn-password';
  }
  if (given.some((value) => Buffer.byteLength(value) > turnTextBytes)) {
    return `--turn-user and --turn-password are at most ${turnTextBytes} bytes each`;
  }
  return { urls: turn, right: { kind: 'user', username: turnUser, password: turnPassword } };
}

/** Several, with commas; added to those before. */
function parseTurnUrls(value: string, before: readonly string[]): string[] {
  return [...before, ...value.split(',').map((url) => parseTurnUrl(url.trim()))];
}

function parseTurnUrl(url: string): string {
  if (isTurnUrl(url)) return url;
  throw new InvalidArgumentError(
    'a TURN server is turn:host:port or turns:host:port, then ?transport=udp or tcp if any.',
  );
}
