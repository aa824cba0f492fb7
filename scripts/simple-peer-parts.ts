/**
 * What simple-peer finds in a page in place of four of its packages, as Vite's `resolve.alias`.
 *
 * They bring Node's streams and buffers along, 20 kB gzipped, for what takes half a kilobyte (web/links/simple-peer/).
 * Its own bundle has them built in, so it is its source that is bundled here; a page of somebody else's that uses
 * `mccloud/web` gets the finished bundle and needs no polyfill.
 */
import { fileURLToPath } from 'node:url';

export const simplePeerParts = ['readable-stream', 'buffer', 'randombytes', 'debug'].map((name) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(`../web/links/simple-peer/${name}.ts`, import.meta.url)),
}));
