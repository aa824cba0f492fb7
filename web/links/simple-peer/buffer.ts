/**
 * In place of `buffer`, in the page's bundle: simple-peer only wraps with it what has come.
 */
export const Buffer = { from: (bytes: ArrayBuffer): Uint8Array => new Uint8Array(bytes) };
