/**
 * The built page (`dist/page`) as answers to HTTP requests: read once, held in memory, compressed when first asked for.
 *
 * No request reaches the file system, so none can name a file outside, and a page that is built anew meanwhile breaks
 * nothing. Any site may load any of it: `/mccloud.js` is there to be embedded.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
  /** Vite puts a hash of the content into the names of its assets. */
  readonly immutable: boolean;
  gzipped: Promise<Buffer> | undefined;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};
/** Smaller already. */
const compressed = ['.png', '.ico', '.woff2'];
/** Below this a packet is a packet. */
const leastGzippedBytes = 1_000;

/** Scripts of its own only; a worker may begin as a blob, and peers may be at any relay. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self' http: https: ws: wss:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

export class Page {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /** A folder that is not there is a page without files. */
  static async load(folder: string): Promise<Page> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = new Map<string, PageFile>();
    for (const entry of entries.filter((found) => found.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(folder.length).split(sep).join('/').replace(/^\/*/, '/');
      files.set(path, pageFile(path, await readFile(file)));
    }
    return new Page(files);
  }

  get isBuilt(): boolean {
    return this.#files.has('/index.html');
  }

  /** Answers a GET or HEAD for a path of the page; false when the page has no such path. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const file = this.#files.get(name);
    if (file === undefined) return false;
    for (const [header, value] of Object.entries(headersOf(file))) response.setHeader(header, value);
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304).end();
      return true;
    }
    const body = await bodyFor(file, extname(name), request);
    if (body !== file.bytes) response.setHeader('Content-Encoding', 'gzip');
    response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }
}

function pageFile(path: string, bytes: Buffer): PageFile {
  return {
    bytes,
    type: types[extname(path)] ?? 'application/octet-stream',
    etag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    immutable: path.startsWith('/assets/'),
    gzipped: undefined,
  };
}

function headersOf(file: PageFile): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': '*',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: file.etag,
    Vary: 'Accept-Encoding',
    ...(file.type.startsWith('text/html') ? { 'Content-Security-Policy': contentSecurityPolicy } : {}),
  };
}

async function bodyFor(file: PageFile, extension: string, request: IncomingMessage): Promise<Buffer> {
  const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (!accepts || compressed.includes(extension) || file.bytes.length < leastGzippedBytes) return file.bytes;
  file.gzipped ??= promisify(gzip)(file.bytes, { level: 9 });
  return file.gzipped;
}
