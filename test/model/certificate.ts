/**
 * Self-signed certificates for tests of TLS, made by the machine's openssl: what is tested is not written here too.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsFiles } from '../../relay/tls.ts';

export interface Certificate {
  readonly files: TlsFiles;
  /** What a client trusts to trust it. */
  readonly ca: Buffer;
}

/** For `localhost` and `127.0.0.1`. @param name of its files in the folder, and of whom it is issued to */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const { error, status, stderr } = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', files.key, '-out', files.cert],
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined) throw new Error('the tests of TLS need openssl: apt-get install openssl', { cause: error });
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  return { files, ca: await readFile(files.cert) };
}
