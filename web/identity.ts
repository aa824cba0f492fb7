/**
 * The secret keys of a network's slots, each made once and kept (design.md, Identity).
 *
 * One small database for all slots, `mccloud/<network>/keys`, so that a chain can be thrown away without the key. A key
 * is on the disk before anything is signed with it.
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import type { Curve } from '../core/crypto/curve.ts';
import { type SecretKey, secretKeyBytes, secretKeyFrom } from '../core/crypto/keys.ts';
import { CryptoError, StoreError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { Database } from './store/database.ts';

interface KeysSchema extends DBSchema {
  /** By slot. */
  keys: { key: number; value: Uint8Array };
}

/** An identity, new or kept. */
export function newSecret(curve: Curve, random: Random): SecretKey {
  for (;;) {
    const secret = secretKeyFrom(random(secretKeyBytes));
    if (isSecret(curve, secret)) return secret;
  }
}

export class Keys {
  readonly #database: Database<KeysSchema>;

  constructor(network: string) {
    this.#database = new Database<KeysSchema>(`mccloud/${network}/keys`, 1, createStore);
  }

  /** The slot's key, made now if it has none. @throws StoreError */
  async secretOf(slot: number, curve: Curve, random: Random): Promise<SecretKey> {
    await this.#database.open();
    const kept = await this.#database.run((database) => database.get('keys', slot));
    if (kept === undefined) return await this.#make(slot, curve, random);
    if (kept.length !== secretKeyBytes || !isSecret(curve, secretKeyFrom(kept))) {
      throw new StoreError('corrupt', `what is kept as key of slot ${slot} is none`);
    }
    return secretKeyFrom(kept);
  }

  /** Slots that have had an identity, ascending. @throws StoreError */
  async slots(): Promise<number[]> {
    await this.#database.open();
    return await this.#database.run((database) => database.getAllKeys('keys'));
  }

  close(): void {
    this.#database.close();
  }

  async #make(slot: number, curve: Curve, random: Random): Promise<SecretKey> {
    const secret = newSecret(curve, random);
    await this.#database.run(async (database) => {
      const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' });
      await Promise.all([transaction.store.put(secret, slot), transaction.done]);
    });
    return secret;
  }
}

function isSecret(curve: Curve, secret: SecretKey): boolean {
  try {
    curve.publicKey(secret);
    return true;
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
}

function createStore(database: IDBPDatabase<KeysSchema>): void {
  database.createObjectStore('keys');
}
