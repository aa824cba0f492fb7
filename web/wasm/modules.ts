/**
 * Where the two WASM modules of a tab are, and how one is fetched and compiled.
 *
 * Nothing waits for them: JavaScript does the same work, slower, until one is there, and for good where a page's
 * content security policy refuses WASM. scripts/extract-wasm.ts writes the files before Vite runs.
 */

export function secp256k1Url(): URL {
  return new URL('./generated/secp256k1.wasm', import.meta.url);
}

export function zstdUrl(): URL {
  return new URL('./generated/zstd.wasm', import.meta.url);
}

/** Rejects when the file cannot be had or the page may not compile. */
export async function compileWasm(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answers ${response.status}`);
  // Compiling while the bytes come wants the MIME type, which a foreign host may not send.
  if (response.headers.get('content-type') === 'application/wasm') return await WebAssembly.compileStreaming(response);
  return await WebAssembly.compile(await response.arrayBuffer());
}
