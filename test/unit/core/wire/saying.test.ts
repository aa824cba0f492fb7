/**
 * core/wire/saying.ts: what is said in each dialect, and what cannot be.
 */
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../../core/chain/block.ts';
import { bytesToHex } from '../../../../core/codec/bytes.ts';
import { type DialectName, dialects } from '../../../../core/wire/dialect.ts';
import type { Message } from '../../../../core/wire/messages.ts';
import { payloadOf } from '../../../../core/wire/saying.ts';
import { oracleMessage } from '../../../model/borsh-oracle.ts';
import { messageKinds, randomBlock, randomMessage } from '../../../model/random-values.ts';
import { secondMessage } from '../../../model/second-decoder.ts';
import { Seeded } from '../../../model/seeded.ts';

const seeded = new Seeded(26);

/** What wire.md has a dash for. */
const unspeakable: Readonly<Record<DialectName, readonly Message['kind'][]>> = {
  cbc: ['announce', 'leave'],
  'gcm-siv': ['keepAlive'],
};

describe.each(['cbc', 'gcm-siv'] as const)('in %s', (name) => {
  const other = name === 'cbc' ? 'gcm-siv' : 'cbc';

  it.each(messageKinds[name])('%s is said as the oracle writes it', (kind) => {
    const message = randomMessage(seeded, name, kind);
    const payload = payloadOf(message, dialects[name]);
    expect(bytesToHex(payload ?? new Uint8Array(0))).toBe(bytesToHex(oracleMessage(message, name)));
  });

  it.each(unspeakable[name])('%s is not said: there is no word for it', (kind) => {
    const message = randomMessage(seeded, other, kind);
    expect(payloadOf(message, dialects[name])).toBeUndefined();
    expect(payloadOf(message, dialects[other])).toBeDefined();
  });

  it.each(['requestedBlock', 'shareBlock'] as const)('%s is the same bytes from a block that lies encoded', (kind) => {
    const block = randomBlock(seeded);
    const payload = payloadOf({ kind, bytes: encodeBlock(block) }, dialects[name]);
    const message: Message = kind === 'shareBlock' ? { kind, block } : { kind, block };
    expect(payload).toEqual(payloadOf(message, dialects[name]));
    expect(secondMessage(payload ?? new Uint8Array(0), name).type).toBe(kind);
  });

  it('bytes that lie encoded are not looked at', () => {
    const bytes = Uint8Array.of(9, 9, 9);
    const { shareBlockVariant } = dialects[name];
    expect(payloadOf({ kind: 'shareBlock', bytes }, dialects[name])).toEqual(Uint8Array.of(shareBlockVariant, 9, 9, 9));
  });
});
