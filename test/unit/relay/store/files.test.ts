import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobleVerifier } from '../../../../core/crypto/noble-curve.ts';
import { folderDisk } from '../../../../relay/store/disk.ts';
import { FileStore } from '../../../../relay/store/files.ts';
import { storeContract } from '../../../contract/store.ts';

storeContract('FileStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mccloud-store-'));
  const make = () => new FileStore(folderDisk(folder), nobleVerifier);
  return {
    store: make(),
    reopen: async () => make(),
    dispose: () => rm(folder, { recursive: true }),
  };
});
