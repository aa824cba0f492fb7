import { describe, expect, it } from 'vitest';
import type { BlockView } from '../../../../core/face.ts';
import {
  type Answer,
  encodeAnswer,
  encodeRequest,
  type PeerReport,
  parseAnswer,
  parseRequest,
  type Request,
  requestBytes,
} from '../../../../relay/control/messages.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const json = (value: unknown) => bytes(JSON.stringify(value));
const refused = expect.objectContaining({ name: 'ControlError', code: 'bad-message' });

const key = `02${'ab'.repeat(32)}` as BlockView['author'];
const hash = '11'.repeat(32) as BlockView['hash'];
const signature = '22'.repeat(64) as BlockView['signature'];

const block: BlockView = {
  height: 3,
  hash,
  parent: hash,
  author: key,
  nextChoices: [key],
  items: [
    {
      id: hash as never,
      data: Uint8Array.of(0, 27, 255),
      author: key,
      signature,
      verified: true,
      repeated: false,
    },
  ],
  signature,
};

const report: PeerReport = {
  publicKey: key,
  network: 'main',
  listen: '127.0.0.1:29092',
  process: 12,
  height: 4,
  root: hash,
  tip: hash,
  final: 3,
  storage: 'disk',
  syncing: { held: 4, of: 9 },
  waitingFor: 'a second peer',
  problems: [{ code: 'other-root', message: 'Another root.' }],
  known: 2,
  connected: [{ publicKey: key, address: 'ws://relay/peer/main', carrier: 'websocket', dialled: true, ours: true }],
  pending: 1,
};

const requests: Request[] = [
  { kind: 'status' },
  { kind: 'share', data: Uint8Array.of(0, 255, 10), wait: true },
  { kind: 'share', data: new Uint8Array(), wait: false },
  { kind: 'blocks', from: 12, follow: true },
];

const answers: Answer[] = [
  { kind: 'status', report },
  {
    kind: 'status',
    report: {
      ...report,
      listen: undefined,
      root: undefined,
      tip: undefined,
      final: undefined,
      syncing: undefined,
      waitingFor: undefined,
    },
  },
  { kind: 'shared', id: hash as never },
  { kind: 'waiting', waitingFor: 'a second peer' },
  { kind: 'waiting', waitingFor: undefined },
  { kind: 'included', height: 3, block: hash },
  { kind: 'block', block },
  { kind: 'block', block: { ...block, height: 0, parent: undefined, nextChoices: [], items: [] } },
  { kind: 'done' },
  { kind: 'refused', code: 'too-large', message: 'an item is at most 512 KiB' },
];

describe('a request', () => {
  it.each(requests)('is one line and reads as it was: %j', (request) => {
    const line = encodeRequest(request);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(parseRequest(bytes(line))).toEqual(request);
  });

  it('may leave out what has a default', () => {
    expect(parseRequest(json({ request: 'blocks' }))).toEqual({ kind: 'blocks', from: 0, follow: false });
    expect(parseRequest(json({ request: 'share', data: '' }))).toMatchObject({ wait: false });
  });

  it('of the greatest item fits into the limit, with room for its members', () => {
    const line = encodeRequest({ kind: 'share', data: new Uint8Array(512 * 1024), wait: false });
    expect(line.length).toBeLessThan(requestBytes);
    expect(requestBytes - line.length).toBeGreaterThan(512);
  });

  it.each([
    '',
    'status',
    '"status"',
    '[]',
    '{}',
    '{"request":"stop"}',
    '{"request":["status"]}',
    '{"request":"status","json":true}',
    '{"request":"share"}',
    '{"request":"share","data":"a"}',
    '{"request":"share","data":"","wait":1}',
    '{"request":"blocks","from":-1}',
    '{"request":"blocks","from":1e99}',
    '{"request":"blocks","folow":true}',
    '{"answer":"done"}',
    '{"__proto__":{"request":"status"}}',
  ])('is refused: %s', (text) => {
    expect(() => parseRequest(bytes(text))).toThrow(refused);
  });
});

describe('an answer', () => {
  it.each(answers)('is one line and reads as it was: %j', (answer) => {
    const line = encodeAnswer(answer);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(parseAnswer(bytes(line))).toEqual(answer);
  });

  it('may say more than is known here', () => {
    expect(parseAnswer(json({ answer: 'done', later: 1 }))).toEqual({ kind: 'done' });
  });

  it('shows what is not there as null', () => {
    expect(encodeAnswer(answers[1] as Answer)).toContain('"listen":null');
    expect(encodeAnswer(answers[7] as Answer)).toContain('"parent":null');
  });

  it.each(answers)('is refused when one of its members is another kind of thing: %j', (answer) => {
    const whole = JSON.parse(encodeAnswer(answer)) as Record<string, unknown>;
    for (const name of Object.keys(whole)) {
      expect(() => parseAnswer(json({ ...whole, [name]: { x: 1 } })), name).toThrow(refused);
      const { [name]: _, ...rest } = whole;
      expect(() => parseAnswer(json(rest)), name).toThrow(refused);
    }
  });

  it('of a block that no line can hold is refused before it is made', () => {
    const [item] = block.items;
    // One array in many items: the block takes no memory here, and 600 MB as JSON.
    const data = new Uint8Array(512 * 1024);
    const items = Array.from({ length: 900 }, () => ({ ...(item as (typeof block.items)[number]), data }));
    expect(() => encodeAnswer({ kind: 'block', block: { ...block, items } })).toThrow(
      expect.objectContaining({ code: 'too-long', message: expect.stringContaining('block 3') }),
    );
  });
});
