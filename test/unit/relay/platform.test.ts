import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketDialler } from '../../../relay/links/websocket-transport.ts';
import { nodePlatform } from '../../../relay/platform.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mccloud-platform-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('nodePlatform', () => {
  it('is the same identity for the same folder, and keeps the chain on disk', async () => {
    const transports = [new WebSocketDialler()];
    const one = await nodePlatform(folder, transports, vi.fn());
    const two = await nodePlatform(folder, [], vi.fn());
    expect(two.secret).toEqual(one.secret);
    expect(one.store.kind).toBe('disk');
    expect(one.transports).toBe(transports);
    expect(one.leftPending).toEqual([]);
    one.clock.close();
    two.clock.close();
  });

  it('has fresh randomness, as plain bytes', async () => {
    const { random, clock } = await nodePlatform(folder, [], vi.fn());
    const [one, two] = [random(32), random(32)];
    expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype);
    expect([one.length, one.join() === two.join()]).toEqual([32, false]);
    clock.close();
  });

  it('reports bugs to whom it was given', async () => {
    const crashed = vi.fn();
    const platform = await nodePlatform(folder, [], crashed);
    platform.crashed(new Error('bug'));
    expect(crashed).toHaveBeenCalledExactlyOnceWith(new Error('bug'));
    platform.clock.close();
  });
});
