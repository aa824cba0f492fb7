import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../core/codec/bytes.ts';
import { encodeRecords, RecordLog, readRecords, recordBytes } from '../../../../relay/store/record-log.ts';
import { RecordedDisk } from '../../../model/recorded-disk.ts';

const payloads = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), new Uint8Array(300).fill(7)];

describe('readRecords', () => {
  it('reads what was encoded', () => {
    const bytes = encodeRecords(payloads);
    expect(readRecords(bytes)).toEqual({ payloads, end: bytes.length });
    expect(readRecords(new Uint8Array(0))).toEqual({ payloads: [], end: 0 });
  });

  it('takes the whole records of every beginning', () => {
    const bytes = encodeRecords(payloads);
    const ends = payloads.map((_, i) =>
      payloads.slice(0, i + 1).reduce((sum, { length }) => sum + recordBytes(length), 0),
    );
    for (let length = 0; length <= bytes.length; length++) {
      const whole = ends.filter((end) => end <= length).length;
      expect(readRecords(bytes.subarray(0, length)).payloads).toEqual(payloads.slice(0, whole));
    }
  });

  it('ends before a record with a byte changed, wherever it is', () => {
    const bytes = encodeRecords(payloads);
    const [first, second] = [recordBytes(3), recordBytes(1)];
    for (let i = first; i < first + second; i++) {
      const changed = bytes.slice();
      changed[i] = (changed[i] as number) ^ 0x10;
      expect(readRecords(changed)).toEqual({ payloads: payloads.slice(0, 1), end: first });
    }
  });

  it('takes no hole of zeros for records', () => {
    const bytes = encodeRecords(payloads.slice(0, 1));
    expect(readRecords(concatBytes(bytes, new Uint8Array(64)))).toEqual({
      payloads: payloads.slice(0, 1),
      end: bytes.length,
    });
    expect(() => encodeRecords([new Uint8Array(0)])).toThrow(/invariant/);
  });
});

describe('RecordLog', () => {
  it('appends, cuts, writes anew, and reads it all again', async () => {
    const disk = new RecordedDisk();
    const { log } = await RecordLog.open(disk, 'a');
    await log.append(payloads);
    expect(log.length).toBe(encodeRecords(payloads).length);
    await log.truncate(recordBytes(3));
    await log.append([Uint8Array.of(9)]);
    expect((await RecordLog.open(disk, 'a')).payloads).toEqual([payloads[0], Uint8Array.of(9)]);
    await log.rewrite([Uint8Array.of(5)]);
    await log.append([Uint8Array.of(6)]);
    expect((await RecordLog.open(disk, 'a')).payloads).toEqual([Uint8Array.of(5), Uint8Array.of(6)]);
  });

  it('cuts what is torn when it opens, and goes on after what is whole', async () => {
    const torn = encodeRecords(payloads).subarray(0, recordBytes(3) + 5);
    const disk = new RecordedDisk(new Map([['a', torn]]));
    const { log, payloads: whole } = await RecordLog.open(disk, 'a');
    expect(whole).toEqual(payloads.slice(0, 1));
    await log.append([Uint8Array.of(8)]);
    expect((await RecordLog.open(disk, 'a')).payloads).toEqual([payloads[0], Uint8Array.of(8)]);
  });

  it('writes nothing when it opens what is whole', async () => {
    const disk = new RecordedDisk(new Map([['a', encodeRecords(payloads)]]));
    await RecordLog.open(disk, 'a');
    expect(disk.operations).toEqual([]);
  });
});
