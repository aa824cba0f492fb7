/**
 * How a question for blocks is said: to ours by a locator, to others by RequestBlocks (sync.ts decides which).
 */
import { extensionSaying } from '../wire/carrier.ts';
import type { Links } from './links.ts';
import type { BlockRequest } from './sync.ts';

/** Nothing, when the link has ended. */
export function askForBlocks(links: Links, request: BlockRequest): void {
  const link = links.greetedLink(request.link);
  if (link === undefined) return;
  if ('start' in request) links.send(link, { kind: 'requestBlocks', start: request.start }, 'kept');
  else {
    const { range, locator } = request;
    links.send(link, extensionSaying({ kind: 'blocksWanted', request: range, locator }), 'kept');
  }
}
