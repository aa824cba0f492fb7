/**
 * Chains whose signatures hold on the real curve, from a seed: authors who take turns, each naming the next.
 */
import { type Block, createBlock } from '../../core/chain/block.ts';
import { createData, type Data } from '../../core/chain/data.ts';
import { sha256 } from '../../core/crypto/hash.ts';
import { type PublicKey, type SecretKey, secretKeyFrom } from '../../core/crypto/keys.ts';
import { nodeCurve } from '../../relay/curve.ts';
import { Seeded } from './seeded.ts';

interface Signer {
  readonly secret: SecretKey;
  readonly key: PublicKey;
}

const authors = 3;

export class ChainSigner {
  readonly #seeded: Seeded;
  readonly #signers: readonly Signer[];
  #turn = 0;

  /** Two of different seeds make different blocks by different authors. */
  constructor(seed: number) {
    this.#seeded = new Seeded(seed);
    this.#signers = Array.from({ length: authors }, () => {
      const secret = secretKeyFrom(sha256(this.#seeded.bytes(32)));
      return { secret, key: nodeCurve.publicKey(secret) };
    });
  }

  item(bytes = 20): Data {
    const { key, secret } = this.#signer(this.#turn);
    return createData(nodeCurve, this.#seeded.random, key, secret, this.#seeded.bytes(bytes));
  }

  /** @param changed what is not as an honest author would have it; the block's hash and signature are made after it */
  block(
    parent: Block | undefined,
    data: readonly Data[] = [this.item()],
    changed: Partial<Pick<Block, 'parent' | 'nextChoices'>> = {},
  ): Block {
    const { key: author, secret } = this.#signer(this.#turn);
    this.#turn++;
    const nextChoices = [this.#signer(this.#turn).key];
    const content = { parent: parent?.hash, data, nextChoices, author, ...changed };
    return createBlock(nodeCurve, this.#seeded.random, secret, content);
  }

  /** `count` blocks on `parent`, of one item each. */
  chain(count: number, parent?: Block): Block[] {
    const blocks: Block[] = [];
    for (let made = 0; made < count; made++) blocks.push(this.block(blocks.at(-1) ?? parent));
    return blocks;
  }

  #signer(turn: number): Signer {
    return this.#signers[turn % authors] as Signer;
  }
}
