/**
 * `Uint8Array.prototype.toHex`, as browsers and newer Node bring it, from Node's own: with the core's slower way a third
 * of a simulation is hex. Imported before anything of the core, which looks for it once.
 */
import { Buffer } from 'node:buffer';

const { hexSlice } = Buffer.prototype as unknown as { hexSlice: (start: number, end: number) => string };

function toHex(this: Uint8Array): string {
  return hexSlice.call(this, 0, this.length);
}

if (!('toHex' in Uint8Array.prototype)) Object.defineProperty(Uint8Array.prototype, 'toHex', { value: toHex });
