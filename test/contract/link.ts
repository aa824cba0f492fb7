/**
 * What every link must do, whatever carries it (core/link.ts). Each link's own tests add what only its carrier has.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { concatBytes, equalBytes } from '../../core/codec/bytes.ts';
import type { Link, LinkEvents } from '../../core/link.ts';

export interface LinksUnderTest {
  /** The two ends of one link, nothing attached. */
  readonly a: Link;
  readonly b: Link;
  dispose(): Promise<void>;
}

const large = 4 * 1024 * 1024;

export function linkContract(name: string, connect: () => Promise<LinksUnderTest>): void {
  describe(`${name} as a link`, () => {
    let subject: LinksUnderTest;
    let a: Link;
    let b: Link;

    beforeEach(async () => {
      subject = await connect();
      a = subject.a;
      b = subject.b;
    });

    afterEach(async () => {
      a.close('the test is over');
      b.close('the test is over');
      await subject.dispose();
    });

    it('is dialled by one side, and both name one carrier', () => {
      expect([a.dialled, b.dialled].sort()).toEqual([false, true]);
      expect(a.carrier).toBe(b.carrier);
    });

    it('carries bytes both ways', async () => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      a.send(Uint8Array.of(1, 2, 3));
      b.send(Uint8Array.of(9));
      await until(() => atA.length === 1 && atB.length === 3);
      expect([...atA.bytes()]).toEqual([9]);
      expect([...atB.bytes()]).toEqual([1, 2, 3]);
    });

    it('keeps the order of 10,000 small sends', async () => {
      const atB = Heard.by(b);
      Heard.by(a);
      const expected: Uint8Array[] = [];
      for (let i = 0; i < 10_000; i++) {
        const bytes = Uint8Array.of(i & 0xff, i >> 8, 7).subarray(0, 2 + (i % 2));
        expected.push(bytes);
        a.send(bytes);
      }
      const whole = concatBytes(...expected);
      await until(() => atB.length >= whole.length);
      expect(equalBytes(atB.bytes(), whole)).toBe(true);
    });

    it('carries 4 MiB of one send whole, and small ones around it in their places', async () => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      const sent = [Uint8Array.of(1), pattern(large), Uint8Array.of(2)];
      for (const bytes of sent) a.send(bytes);
      const whole = concatBytes(...sent);
      await until(() => atB.length >= whole.length);
      expect(equalBytes(atB.bytes(), whole)).toBe(true);
      await until(() => atA.drained >= whole.length);
    });

    it('drains as many bytes as were sent, no more', async () => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      const lengths = [1, 1_000, 70_000, 0, 300_000, 16];
      for (const length of lengths) a.send(pattern(length));
      const sum = lengths.reduce((all, length) => all + length, 0);
      await until(() => atB.length === sum && atA.drained >= sum);
      a.send(Uint8Array.of(1));
      await until(() => atB.length === sum + 1 && atA.drained >= sum + 1);
      expect(atA.drained).toBe(sum + 1);
      expect(atB.drained).toBe(0);
    });

    it('keeps what came before anybody was attached, and tells it in a later turn', async () => {
      const atB = Heard.by(b);
      a.send(pattern(5_000));
      a.send(Uint8Array.of(3));
      b.send(Uint8Array.of(8));
      await until(() => atB.length === 5_001);
      const atA = Heard.by(a);
      expect(atA.length).toBe(0);
      await until(() => atA.length === 1 && atA.drained === 5_001);
      expect([...atA.bytes()]).toEqual([8]);
    });

    it('tells of an end that came before anybody was attached', async () => {
      const atB = Heard.by(b);
      b.close('enough');
      await until(() => atB.ends.length > 0);
      await settle();
      const atA = Heard.by(a);
      expect(atA.ends).toEqual([]);
      await until(() => atA.ends.length > 0);
      await settle();
      expect(atA.ends).toHaveLength(1);
    });

    it.each(['a', 'b'] as const)('ends on both sides, once, when %s closes it', async (side) => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      (side === 'a' ? a : b).close('enough');
      await until(() => atA.ends.length > 0 && atB.ends.length > 0);
      a.close('again');
      b.close('again');
      await settle();
      expect([atA.ends.length, atB.ends.length]).toEqual([1, 1]);
      expect([...atA.ends, ...atB.ends].every((reason) => reason.length > 0)).toBe(true);
    });

    it('ends once when both sides close it at the same moment', async () => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      a.close('enough');
      b.close('enough');
      await until(() => atA.ends.length > 0 && atB.ends.length > 0);
      await settle();
      expect([atA.ends.length, atB.ends.length]).toEqual([1, 1]);
    });

    it('tells nothing after the end', async () => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      for (let i = 0; i < 50; i++) b.send(pattern(1_000));
      a.close('enough');
      for (let i = 0; i < 50; i++) b.send(pattern(1_000));
      await until(() => atA.ends.length > 0 && atB.ends.length > 0);
      await settle();
      expect(atA.afterEnd).toEqual([]);
      expect(atB.afterEnd).toEqual([]);
    });

    it('does nothing with what is sent after the end', async () => {
      const [atA, atB] = [Heard.by(a), Heard.by(b)];
      a.close('enough');
      a.send(Uint8Array.of(1));
      await until(() => atA.ends.length > 0 && atB.ends.length > 0);
      a.send(pattern(100_000));
      b.send(pattern(100_000));
      await settle();
      expect([atA.length, atB.length, atA.ends.length, atB.ends.length]).toEqual([0, 0, 1, 1]);
    });
  });
}

/** All that one end was told. */
export class Heard {
  readonly #parts: Uint8Array[] = [];
  readonly ends: string[] = [];
  /** What was told after the end: nothing, if all is well. */
  readonly afterEnd: string[] = [];
  length = 0;
  drained = 0;

  static by(link: Link): Heard {
    const heard = new Heard();
    link.attach(heard.events);
    return heard;
  }

  /** Functions without `this`, as a link may call them. */
  readonly events: LinkEvents = {
    received: (bytes) => {
      this.#note('received');
      this.#parts.push(bytes.slice());
      this.length += bytes.length;
    },
    drained: (bytes) => {
      this.#note('drained');
      this.drained += bytes;
    },
    closed: (reason) => {
      this.#note('closed');
      this.ends.push(reason);
    },
  };

  bytes(): Uint8Array {
    return concatBytes(...this.#parts);
  }

  #note(event: string): void {
    if (this.ends.length > 0) this.afterEnd.push(event);
  }
}

export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

export async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 2 });
}

/** Time for what must not come to come: some turns of the event loop and of a loopback connection. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
}
