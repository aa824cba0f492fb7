/**
 * The contract of stores, in a page, on the browser's own IndexedDB.
 */
import { FallbackStore } from '../../../web/store/fallback.ts';
import { IndexedDbStore, storeName } from '../../../web/store/indexeddb.ts';
import { FrameWriter } from '../../../web/store/zstd.ts';
import { compileWasm, zstdUrl } from '../../../web/wasm/modules.ts';
import { olderDatabaseContract } from '../../contract/older-database.ts';
import { storeContract } from '../../contract/store.ts';

const frames = new FrameWriter();
await frames.load(await compileWasm(zstdUrl()));
let databases = 0;

storeContract('IndexedDB', async () => {
  const name = storeName('contract', databases++);
  return {
    store: new IndexedDbStore(name, frames),
    reopen: async () => new IndexedDbStore(name, new FrameWriter()),
    dispose: async () => void indexedDB.deleteDatabase(name),
  };
});

storeContract('IndexedDB with memory behind it', async () => {
  const name = storeName('contract', databases++);
  const open = () => new FallbackStore(new IndexedDbStore(name, frames), fail, () => undefined);
  return { store: open(), reopen: async () => open(), dispose: async () => void indexedDB.deleteDatabase(name) };
});

const nextName = () => storeName('contract', databases++);
olderDatabaseContract(nextName, (name) => new IndexedDbStore(name, frames));

/** Other than that a change does not follow, which the contract tries. */
function fail(code: string, message: string | undefined): void {
  if (!message?.includes('do not follow')) throw new Error(`the store reported ${code}`);
}
