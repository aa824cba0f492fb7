/**
 * Lines out of a stream of bytes: whatever the pieces, and never more kept of one line than it may be long.
 */
import { ControlError } from './errors.ts';

const newline = 0x0a;

export class Lines {
  readonly #mostBytes: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param mostBytes of a line, without its end */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The lines that end in this piece, without their ends. @throws ControlError `too-long` */
  push(piece: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      this.#keep(piece.subarray(start, end));
      lines.push(Buffer.concat(this.#pieces));
      this.#pieces = [];
      this.#bytes = 0;
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return lines;
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#mostBytes) throw new ControlError('too-long', `a line is at most ${this.#mostBytes} bytes`);
    if (piece.length > 0) this.#pieces.push(piece);
  }
}
