/**
 * The fast fuzz of frames: it finds nothing in the sessions, and would find something.
 */
import { describe, expect, it } from 'vitest';
import { fuzzFrames, replayFrames } from '../../model/frame-fuzz.ts';

describe.each(['cbc', 'gcm-siv'] as const)('frames in %s', (dialect) => {
  it('crash nothing and are taken only as what they are when they are spoilt', () => {
    const { frames, accepted, crashes, notCanonical } = fuzzFrames(dialect, 1, 10_000);
    expect({ frames, crashes, notCanonical }).toEqual({ frames: 10_000, crashes: [], notCanonical: 0 });
    // Spoilt in a signature, a key or a text it is another message, but a message.
    expect(accepted).toBeGreaterThan(100);
  });

  it('are not taken a second time, whoever sent them first', () => {
    expect(replayFrames(dialect, 1, 10_000)).toEqual({ frames: 10_000, accepted: 0 });
  });
});
