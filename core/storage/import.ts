/**
 * Takes over a chain that somebody has exported: verified a part at a time, and each part kept before the next is read.
 *
 * Only what follows the chain that is held is taken, and only if that chain is the file's beginning; so a file may be
 * imported again after it was interrupted. What stood before a fault was verified like any block of a neighbour, and
 * stays (docs/protocol.md, Export).
 */
import type { Authoring } from '../authoring/authoring.ts';
import { type ChainFault, ChainVerification, type HeldChain, type VerifiedBlock } from '../chain/verification.ts';
import type { Verifier } from '../crypto/curve.ts';
import { TransferError } from '../errors.ts';

export interface ImportRules {
  readonly authoring: Pick<Authoring, 'accepts'>;
  readonly verifier: Verifier;
}

/**
 * @param parts Borsh of the blocks, oldest first
 * @param keep resolves when these are kept and there is room for more
 * @returns how many blocks were taken
 * @throws TransferError `other-chain`, `shorter`, `bad-block`, and what `parts` and `keep` throw
 */
export async function importBlocks(
  parts: AsyncIterable<readonly Uint8Array[]>,
  held: HeldChain,
  { authoring, verifier }: ImportRules,
  keep: (blocks: readonly VerifiedBlock[]) => Promise<void>,
): Promise<number> {
  const verification = new ChainVerification(authoring, held);
  let taken = 0;
  for await (const part of parts) {
    const { checks, judge } = verification.inspect(part);
    const { blocks, fault } = judge(checks.length === 0 ? [] : await verifier.verify(checks));
    if (blocks.length > 0) await keep(blocks);
    taken += blocks.length;
    if (fault !== undefined) throw refused(fault, held.count + taken);
  }
  if (verification.height < held.count) throw shorter(verification.height, held.count);
  return taken;
}

function refused({ kind, height, why }: ChainFault, held: number): TransferError {
  if (kind === 'other-chain') {
    return new TransferError('other-chain', `The file holds another chain than the one that is here: ${why}.`);
  }
  const before = held === 0 ? 'Nothing was taken' : `What is held now, ${held} blocks, is whole`;
  return new TransferError('bad-block', `The block at height ${height} of the file is not valid: ${why}. ${before}.`);
}

function shorter(blocks: number, held: number): TransferError {
  return new TransferError(
    'shorter',
    `There is nothing to import: the file holds ${blocks} blocks, and ${held} are here already.`,
  );
}
