/**
 * Flags of how much the relay takes at most. What is refused by one of them is told with its name.
 */
import { type Command, Option } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';

export interface Limits {
  /** WebSockets of each kind. */
  readonly maxSockets: number;
  /** All connections: WebSockets, and browsers that load the page. */
  readonly maxConnections: number;
  /** Links of each network's archive peer. */
  readonly maxArchiveLinks: number;
}

/** A room of 10,000 tabs, and some that come while others go; and as many again who load the page. */
export const defaultLimits: Limits = { maxSockets: 12_000, maxConnections: 16_384, maxArchiveLinks: 512 };

/** Past this the kernel has no files for them (fs.nr_open). */
const most = 1_048_576;

export function addLimitOptions(command: Command): void {
  const { maxSockets, maxConnections, maxArchiveLinks } = defaultLimits;
  command
    .optionsGroup('Limits:')
    .addOption(
      new Option('--max-sockets <number>', 'WebSockets of each kind')
        .env('MCCLOUD_MAX_SOCKETS')
        .default(maxSockets)
        .argParser(wholeNumber(1, most)),
    )
    .addOption(
      new Option('--max-connections <number>', 'connections in all; each is an open file')
        .env('MCCLOUD_MAX_CONNECTIONS')
        .default(maxConnections)
        .argParser(wholeNumber(1, most)),
    )
    .addOption(
      new Option('--max-archive-links <number>', "links of each network's archive peer")
        .env('MCCLOUD_MAX_ARCHIVE_LINKS')
        .default(maxArchiveLinks)
        .argParser(wholeNumber(1, most)),
    );
}
