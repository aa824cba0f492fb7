/**
 * What a person can put right when a server or a peer does not start, in one line: a port that is taken, a folder in
 * use. What has no line here is a bug, and keeps its stack.
 */
import { LinkError, PeerError, StoreError } from '../core/errors.ts';

/** @param place where it was to listen. @returns undefined when it is a bug */
export function explained(error: unknown, { host, port }: Place): string | undefined {
  if (error instanceof StoreError || error instanceof PeerError || error instanceof LinkError) return error.message;
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is taken; choose another with --port`;
    case 'EACCES':
      return `this user may not listen on port ${port}; choose one above 1023 with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`;
    default:
      return undefined;
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
}
