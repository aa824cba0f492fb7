/**
 * What each of our own messages does (spec/safety.md, The extension carrier).
 *
 * The counterpart of conversation.ts for what only our peers say to each other: it parses what the carrier brought and
 * hands it to the machine that owns the question. Whoever sends one that is not canonical is cut off, for nobody passes
 * these messages on.
 */
import type { CatchUp } from './catch-up.ts';
import { decodeBlock } from './chain/block.ts';
import type { Milliseconds } from './config.ts';
import { CodecError } from './errors.ts';
import type { Machines } from './machines.ts';
import type { GreetedLink } from './network/open-link.ts';
import type { Whereabouts } from './whereabouts.ts';
import { type ExtensionMessage, extensionSaying, type Hello, unpackExtension } from './wire/carrier.ts';
import { type BlockBatch, rangeEnds } from './wire/holdings.ts';

export class Extension {
  readonly #machines: Machines;
  readonly #catchUp: CatchUp;
  readonly #whereabouts: Whereabouts;

  constructor(machines: Machines, catchUp: CatchUp, whereabouts: Whereabouts) {
    this.#machines = machines;
    this.#catchUp = catchUp;
    this.#whereabouts = whereabouts;
  }

  /** The items of a RequestNeighbours that asked for none. */
  arrived(link: GreetedLink, items: readonly Uint8Array[], now: Milliseconds): void {
    try {
      const message = unpackExtension(items);
      // Who is not ours has no word for anything else, or nothing shows yet whose program it is.
      if (message?.kind === 'hello' || (message !== undefined && link.phase.ours)) this.#message(link, message, now);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#machines.links.close(link, `bad-extension: ${error.message}`);
    }
  }

  #message(link: GreetedLink, message: ExtensionMessage, now: Milliseconds): void {
    const { links, heads, acknowledgements, finality, chain, poolDigests, serving } = this.#machines;
    switch (message.kind) {
      case 'hello':
        return this.#hello(link, message, now);
      case 'ping':
        links.send(link, extensionSaying({ kind: 'pong', nonce: message.nonce }), 'kept');
        return;
      case 'vote':
        return finality.offer(message.vote, link.id, chain.count - 1);
      case 'pong':
        // Any frame that decrypts is the sign of life that was asked for.
        return;
      case 'head':
        return heads.came(link.id, message);
      case 'acknowledgement':
        return acknowledgements.came(link.id, message);
      case 'blocksWanted':
        return serving.wanted(link.id, message);
      case 'blocks':
        return this.#blocks(link, message, now);
      case 'poolDigest':
        return poolDigests.told(link, message, now);
      case 'itemsWanted':
        return poolDigests.wanted(link, message);
      case 'beacon':
        return this.#whereabouts.beacon(link, message, now);
    }
  }

  /** In answer to a locator. @throws CodecError when one of them is none */
  #blocks(link: GreetedLink, { request, end, blocks }: BlockBatch, now: Milliseconds): void {
    const { sync } = this.#machines;
    if (!sync.answers(link.id, request)) return;
    for (const bytes of blocks) this.#catchUp.requestedBlock(link, decodeBlock(bytes), now);
    if (end !== rangeEnds.more) sync.over(link.id, end === rangeEnds.nothingShared);
  }

  /** Where it is the first frame after the greetings and changes the keys, the session takes it: this one does not. */
  #hello(link: GreetedLink, { network }: Hello, now: Milliseconds): void {
    const { links, config, effects } = this.#machines;
    if (link.phase.dialect.name === 'cbc') {
      // Of ours it is the second; of others its greeting did not say so, or somebody has changed it on its way.
      links.close(link, 'bad-hello: out of its turn');
    } else if (network !== config.network) links.close(link, 'other-network: is of another network');
    else {
      links.recognise(link, now);
      effects.put({ kind: 'deliver', delivery: { kind: 'changed' } });
    }
  }
}
