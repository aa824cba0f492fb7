import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../../core/codec/bytes.ts';
import { type Control, openControl } from '../../../../relay/control/server.ts';
import { ran, TestTerminal } from '../../../model/command-line.ts';
import { House } from '../../../model/house.ts';

let folder: string;
let control: Control;
let house: House;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-share-'));
  house = new House();
  const [a] = await house.pair();
  control = await openControl(folder, a.peer, () => undefined);
});

afterEach(async () => {
  await control.close();
  await rm(folder, { recursive: true });
});

const pending = () => [...(house.here[0]?.peer.pending.values() ?? [])];

describe('mccloud share', () => {
  it.each([
    ['a text', ['hello, wörld'], [], utf8Bytes('hello, wörld')],
    ['nothing', [''], [], new Uint8Array()],
    ['a text that begins with a dash', ['--', '--x'], [], utf8Bytes('--x')],
    ['the bytes of stdin as they are', ['-'], [Uint8Array.of(0, 255), Uint8Array.of(10)], Uint8Array.of(0, 255, 10)],
    ['an empty stdin', ['-'], [], new Uint8Array()],
  ])('shares %s, and prints its id', async (_, args, input, data) => {
    const terminal = new TestTerminal(...input);
    expect((await ran(['share', '--data', folder, ...args], terminal)).exitCode).toBe(0);
    expect(pending()).toMatchObject([{ data }]);
    expect([terminal.printed, terminal.said]).toEqual([`${pending()[0]?.id}\n`, '']);
  });

  it('waits for the block when it is asked to, and prints its height', async () => {
    const terminal = new TestTerminal();
    const sharing = ran(['share', 'x', '--wait', '--data', folder], terminal);
    let isOver = false;
    void sharing.then(() => {
      isOver = true;
    });
    while (!isOver) await house.pass(100);
    expect((await sharing).exitCode).toBe(0);
    const [item] = await (async () => {
      for await (const block of house.here[1]?.peer.blocks() ?? []) return block.items;
      return [];
    })();
    expect(terminal.printed).toBe(`${item?.id}\n0\n`);
  });

  it('refuses what is too large before it is sent, and reads no more of it than that', async () => {
    let read = 0;
    const endless = new TestTerminal();
    Object.defineProperty(endless, 'input', {
      value: (async function* () {
        for (;;) {
          read += 65_536;
          yield new Uint8Array(65_536);
        }
      })(),
    });
    expect((await ran(['share', '-', '--data', folder], endless)).exitCode).toBe(1);
    expect(endless.said).toBe('an item is at most 512 KiB\n');
    expect(read).toBeLessThanOrEqual(512 * 1024 + 65_536);
    const long = new TestTerminal();
    expect((await ran(['share', 'x'.repeat(512 * 1024 + 1), '--data', folder], long)).exitCode).toBe(1);
    expect(pending()).toEqual([]);
  });

  it('takes the greatest item', async () => {
    const terminal = new TestTerminal(new Uint8Array(512 * 1024).fill(7));
    expect((await ran(['share', '-', '--data', folder], terminal)).exitCode).toBe(0);
    expect(pending()[0]?.data).toHaveLength(512 * 1024);
  });

  it('says so when the peer ends before the block', async () => {
    const terminal = new TestTerminal();
    terminal.heard = () => void control.close();
    expect((await ran(['share', 'x', '--wait', '--data', folder], terminal)).exitCode).toBe(1);
    expect(terminal.said).toContain('the peer has ended\n');
  });
});
