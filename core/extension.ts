/**
 * What each of our own messages does (spec/safety.md, The extension carrier).
 *
 * The counterpart of conversation.ts for what only our peers say to each other: it parses what the carrier brought and
 * hands it to the machine that owns the question. Whoever sends one that is not canonical is cut off, for nobody passes
 * these messages on.
 */
import { CodecError } from './errors.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/links.ts';
import { type ExtensionMessage, packExtension, unpackExtension } from './wire/carrier.ts';

export class Extension {
  readonly #machines: Machines;

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  /** The items of a RequestNeighbours that asked for none. */
  arrived(link: GreetedLink, items: readonly Uint8Array[]): void {
    let message: ExtensionMessage | undefined;
    try {
      message = unpackExtension(items);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#machines.links.close(link, `bad-extension: ${error.message}`);
      return;
    }
    if (message !== undefined) this.#message(link, message);
  }

  #message(link: GreetedLink, message: ExtensionMessage): void {
    const { links, finality, chain } = this.#machines;
    switch (message.kind) {
      case 'ping':
        links.send(link, extensionSaying({ kind: 'pong', nonce: message.nonce }), 'kept');
        return;
      case 'vote':
        return finality.offer(message.vote, link.id, chain.count - 1);
      case 'pong':
        // Any frame that decrypts is the sign of life that was asked for.
        return;
    }
  }
}

/** As it is said to one of ours. */
export function extensionSaying(message: ExtensionMessage) {
  return { kind: 'requestNeighbours', count: 0, exclude: packExtension(message) } as const;
}
