/**
 * A WebSocket to a relay: the tab has the browser's end of it, the test the relay's.
 */
import { decode, encode } from '../../../../core/codec/codec.ts';
import { type RelayMessage, relayMessages, type TabMessage, tabMessages } from '../../../../core/wire/signaling.ts';

export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly wasClean: boolean }) => void) | null = null;
  binaryType = 'blob';
  readyState = 0;
  readonly said: TabMessage[] = [];
  closings = 0;

  send(bytes: Uint8Array): void {
    this.said.push(decode(tabMessages, bytes));
  }

  close(): void {
    this.closings++;
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  hear(message: RelayMessage): void {
    this.hearBytes(encode(relayMessages, message).slice().buffer);
  }

  hearBytes(data: unknown): void {
    this.onmessage?.({ data });
  }

  end(wasClean = false): void {
    this.readyState = 3;
    this.onclose?.({ wasClean });
  }
}
