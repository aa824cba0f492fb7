/**
 * What a neighbour on the stage was told in the extension carrier.
 */
import { type ExtensionMessage, unpackExtension } from '../../core/wire/carrier.ts';
import type { Remote } from './stage.ts';

/** All messages of one kind, in order. */
export function extensions<K extends ExtensionMessage['kind']>(
  remote: Remote,
  kind: K,
): Extract<ExtensionMessage, { kind: K }>[] {
  return remote
    .of('requestNeighbours')
    .map(({ exclude }) => unpackExtension(exclude))
    .filter((message): message is Extract<ExtensionMessage, { kind: K }> => message?.kind === kind);
}
