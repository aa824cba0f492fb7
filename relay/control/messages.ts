/**
 * What is said at a control socket: one request on each connection, and its answers, each a line of JSON.
 *
 * docs/protocol.md, The control socket, has every member. Requests are read strictly, for a word that is written wrong
 * would change nothing without anybody knowing; of answers the members that are not known here are passed over, so that
 * a newer peer may say more.
 */
import { sharedDataBytes } from '../../core/chain/data.ts';
import {
  type HashHex,
  hashBytes,
  type ItemIdHex,
  type PublicKeyHex,
  publicKeyBytes,
  signatureBytes,
} from '../../core/crypto/keys.ts';
import type { BlockView, Item, PeerView, Problem } from '../../core/face.ts';
import { ControlError } from './errors.ts';
import { countFrom, hexFrom, jsonFrom, Members, textFrom } from './json.ts';

export type Request =
  | { readonly kind: 'status' }
  /** @property wait until it stands in a block */
  | { readonly kind: 'share'; readonly data: Uint8Array; readonly wait: boolean }
  /** @property follow go on with new blocks until the client leaves */
  | { readonly kind: 'blocks'; readonly from: number; readonly follow: boolean };

/** How one link is told of. */
export type LinkReport = Pick<PeerView, 'publicKey' | 'address' | 'dialled' | 'ours'> & { readonly carrier: string };

/** A peer as `status` tells of it. */
export interface PeerReport {
  readonly publicKey: PublicKeyHex;
  readonly network: string;
  /** Undefined when nobody can dial it. */
  readonly listen: string | undefined;
  /** Id of the peer's process. */
  readonly process: number;
  readonly height: number;
  readonly root: HashHex | undefined;
  readonly tip: HashHex | undefined;
  /** Height of the highest block that the committee has made final. */
  readonly final: number | undefined;
  readonly storage: string;
  readonly syncing: { readonly held: number; readonly of: number } | undefined;
  readonly waitingFor: string | undefined;
  readonly problems: readonly Problem[];
  /** How many others are online. */
  readonly known: number;
  readonly connected: readonly LinkReport[];
  /** How many items wait for a block. */
  readonly pending: number;
}

export type Answer =
  | { readonly kind: 'status'; readonly report: PeerReport }
  | { readonly kind: 'shared'; readonly id: ItemIdHex }
  /** What a shared item waits for; undefined when it is nothing in particular any more. */
  | { readonly kind: 'waiting'; readonly waitingFor: string | undefined }
  | { readonly kind: 'included'; readonly height: number; readonly block: HashHex }
  | { readonly kind: 'block'; readonly block: BlockView }
  /** All of the answer was said. The last line. */
  | { readonly kind: 'done' }
  /** Or this is. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** A whole item in base64, and what stands around it. */
export const requestBytes = Math.ceil(sharedDataBytes / 3) * 4 + 1_024;
/** What one block may become as JSON. The reference's largest, 64 MiB of blocks in one item, takes 90 MiB. */
export const answerBytes = 256 * 1024 * 1024;

/** With its end. */
export function encodeRequest(request: Request): string {
  switch (request.kind) {
    case 'status':
      return line({ request: 'status' });
    case 'share':
      return line({ request: 'share', data: base64(request.data), wait: request.wait });
    case 'blocks':
      return line({ request: 'blocks', from: request.from, follow: request.follow });
  }
}

/** @throws ControlError `bad-message` */
export function parseRequest(bytes: Uint8Array): Request {
  const members = new Members(jsonFrom(bytes));
  const request = requestFrom(members.text('request'), members);
  members.end();
  return request;
}

/** With its end. @throws ControlError `too-long` for a block that no line can hold */
export function encodeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'status':
      return line({ answer: 'status', ...reportJson(answer.report) });
    case 'shared':
      return line({ answer: 'shared', id: answer.id });
    case 'waiting':
      return line({ answer: 'waiting', for: answer.waitingFor ?? null });
    case 'included':
      return line({ answer: 'included', height: answer.height, block: answer.block });
    case 'block':
      refuseTooLarge(answer.block);
      return line({ answer: 'block', ...blockJson(answer.block) });
    case 'done':
      return line({ answer: 'done' });
    case 'refused':
      return line({ answer: 'refused', code: answer.code, message: answer.message });
  }
}

/** @throws ControlError `bad-message` */
export function parseAnswer(bytes: Uint8Array): Answer {
  const members = new Members(jsonFrom(bytes));
  const kind = members.text('answer');
  switch (kind) {
    case 'status':
      return { kind, report: reportFrom(members) };
    case 'shared':
      return { kind, id: members.hex('id', hashBytes) };
    case 'waiting':
      return { kind, waitingFor: members.orNull('for', textFrom) };
    case 'included':
      return { kind, height: members.count('height'), block: members.hex('block', hashBytes) };
    case 'block':
      return { kind, block: blockFrom(members) };
    case 'done':
      return { kind };
    case 'refused':
      return { kind, code: members.text('code'), message: members.text('message') };
    default:
      throw new ControlError('bad-message', 'there is no such answer');
  }
}

/** A peer as JSON: `status --json` prints this. */
export function reportJson(report: PeerReport): object {
  const { listen = null, root = null, tip = null, syncing = null, waitingFor = null, final = null } = report;
  const { publicKey, network, process, height, storage, problems, known, connected, pending } = report;
  const chain = { height, root, tip, final, storage, syncing };
  return { publicKey, network, listen, process, ...chain, waitingFor, problems, known, connected, pending };
}

/** A block as JSON, its items' data in base64. */
export function blockJson(block: BlockView): object {
  const { height, hash, parent = null, author, nextChoices, items, signature } = block;
  return { height, hash, parent, author, nextChoices, items: items.map(itemJson), signature };
}

function requestFrom(kind: string, members: Members): Request {
  switch (kind) {
    case 'status':
      return { kind };
    case 'share':
      return { kind, data: members.bytes('data'), wait: members.flag('wait', false) };
    case 'blocks':
      return { kind, from: members.count('from', 0), follow: members.flag('follow', false) };
    default:
      throw new ControlError('bad-message', 'a request is "status", "share" or "blocks"');
  }
}

function reportFrom(members: Members): PeerReport {
  return {
    publicKey: members.hex('publicKey', publicKeyBytes),
    network: members.text('network'),
    listen: members.orNull('listen', textFrom),
    process: members.count('process'),
    height: members.count('height'),
    root: members.orNull('root', hexFrom<HashHex>(hashBytes)),
    tip: members.orNull('tip', hexFrom<HashHex>(hashBytes)),
    final: members.orNull('final', countFrom),
    storage: members.text('storage'),
    syncing: members.orNull('syncing', syncingFrom),
    waitingFor: members.orNull('waitingFor', textFrom),
    problems: members.list('problems', problemFrom),
    known: members.count('known'),
    connected: members.list('connected', linkFrom),
    pending: members.count('pending'),
  };
}

function syncingFrom(value: unknown): { readonly held: number; readonly of: number } {
  const members = new Members(value);
  return { held: members.count('held'), of: members.count('of') };
}

function problemFrom(value: unknown): Problem {
  const members = new Members(value);
  return { code: members.text('code'), message: members.text('message') };
}

function linkFrom(value: unknown): LinkReport {
  const members = new Members(value);
  return {
    publicKey: members.hex('publicKey', publicKeyBytes),
    address: members.text('address'),
    carrier: members.text('carrier'),
    dialled: members.flag('dialled'),
    ours: members.flag('ours'),
  };
}

function blockFrom(members: Members): BlockView {
  return {
    height: members.count('height'),
    hash: members.hex('hash', hashBytes),
    parent: members.orNull('parent', hexFrom<HashHex>(hashBytes)),
    author: members.hex('author', publicKeyBytes),
    nextChoices: members.list('nextChoices', hexFrom<PublicKeyHex>(publicKeyBytes)),
    items: members.list('items', itemFrom),
    signature: members.hex('signature', signatureBytes),
  };
}

function itemFrom(value: unknown): Item {
  const members = new Members(value);
  return {
    id: members.hex('id', hashBytes),
    data: members.bytes('data'),
    author: members.hex('author', publicKeyBytes),
    signature: members.hex('signature', signatureBytes),
    verified: members.flag('verified'),
    repeated: members.flag('repeated'),
  };
}

function itemJson({ id, data, author, signature, verified, repeated }: Item): object {
  return { id, data: base64(data), author, signature, verified, repeated };
}

/** A block's JSON without its items' data is smaller than this for each item and each next choice. */
const roughBytes = { block: 1_024, item: 512, choice: 80 } as const;

function refuseTooLarge({ height, items, nextChoices }: BlockView): void {
  let bytes = roughBytes.block + nextChoices.length * roughBytes.choice;
  for (const { data } of items) bytes += roughBytes.item + Math.ceil(data.length / 3) * 4;
  if (bytes > answerBytes) throw new ControlError('too-long', `block ${height} is too large for a line of JSON`);
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
