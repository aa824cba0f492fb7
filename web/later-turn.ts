/**
 * A later turn of the event loop, soon: other events get theirs first.
 *
 * By a message channel, for a hidden page's timers run once a second (design.md, Time in a tab).
 */

const waiting: (() => void)[] = [];
let port: MessagePort | undefined;

/** Calls back in the order of the calls, each in a turn of its own. */
export function inLaterTurn(callback: () => void): void {
  waiting.push(callback);
  port ??= openPort();
  port.postMessage(undefined);
}

export function laterTurn(): Promise<void> {
  return new Promise(inLaterTurn);
}

function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return port2;
}
