import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTls } from '../../../relay/tls.ts';
import { type Certificate, makeCertificate } from '../../model/certificate.ts';

let folder: string;
let one: Certificate;
let two: Certificate;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-tls-'));
  [one, two] = [await makeCertificate(folder, 'one'), await makeCertificate(folder, 'two')];
});

afterAll(() => rm(folder, { recursive: true }));

it('reads a certificate and its key', async () => {
  expect(await readTls(one.files)).toEqual({ cert: one.ca, key: await readFile(one.files.key) });
});

it('says in one line which file is not there', async () => {
  const [noCert, noKey] = [readTls({ ...one.files, cert: join(folder, 'x') }), readTls({ ...one.files, key: folder })];
  await expect(noCert).rejects.toMatchObject({
    name: 'PeerError',
    code: 'bad-config',
    message: expect.stringMatching(/^the certificate \S+x cannot be read: ENOENT.*$/),
  });
  await expect(noKey).rejects.toMatchObject({ message: expect.stringMatching(/^the key \S+ cannot be read: EISDIR/) });
});

it('refuses the key of another certificate, and what is no PEM', async () => {
  await writeFile(join(folder, 'no.pem'), 'no PEM');
  const pairs = [
    { cert: one.files.cert, key: two.files.key },
    { cert: join(folder, 'no.pem'), key: one.files.key },
    { cert: one.files.cert, key: join(folder, 'no.pem') },
  ];
  for (const pair of pairs) {
    await expect(readTls(pair)).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringMatching(/^\S+ and \S+ are no certificate and its key: .+$/),
    });
  }
});
