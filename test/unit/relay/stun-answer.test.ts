/**
 * Who asks where it comes from is answered so by the letter of RFC 8489; nothing else is answered, and nothing throws.
 */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { plainAddress, stunAnswer } from '../../../relay/stun-answer.ts';
import { Seeded } from '../../model/seeded.ts';
import { mappedAddress, readStun, stunMessage } from '../../model/stun-decoder.ts';

const transaction = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
const hex = transaction.toString('hex');
const request = stunMessage(0x0001, transaction);
const source = { address: '192.0.2.1', port: 32_853 };
const bytes = (text: string) => Buffer.from(text, 'hex');

function answered(datagram: Buffer, from = source) {
  const answer = stunAnswer(datagram, from);
  return answer === undefined ? undefined : readStun(answer);
}

describe('a binding request', () => {
  it.each([
    ['192.0.2.1', 32_853, '192.0.2.1'],
    ['0.0.0.0', 1, '0.0.0.0'],
    ['255.255.255.255', 65_535, '255.255.255.255'],
    ['::ffff:203.0.113.9', 443, '203.0.113.9'],
    ['2001:db8:1234:5678:11:2233:4455:6677', 32_853, '2001:0db8:1234:5678:0011:2233:4455:6677'],
    ['::1', 9, '0000:0000:0000:0000:0000:0000:0000:0001'],
    ['::', 9, '0000:0000:0000:0000:0000:0000:0000:0000'],
    ['fd00::', 9, 'fd00:0000:0000:0000:0000:0000:0000:0000'],
    ['fe80::fc:ff:fe00:1%eth0', 9, 'fe80:0000:0000:0000:00fc:00ff:fe00:0001'],
    ['64:ff9b::192.0.2.33', 9, '0064:ff9b:0000:0000:0000:0000:c000:0221'],
  ])('from %s port %d is told so', (address, port, shown) => {
    const answer = answered(request, { address, port });
    if (answer === undefined) throw new Error('there is no answer');
    expect([answer.type, answer.transaction, [...answer.attributes.keys()]]).toEqual([0x0101, hex, [0x0020]]);
    expect(mappedAddress(answer)).toEqual([shown, port]);
  });

  it('has the answers of RFC 5769, but for what those sign', () => {
    // Sections 2.2 and 2.3: their XOR-MAPPED-ADDRESS for the same transaction and addresses.
    expect(answered(request)?.attributes.get(0x0020)).toBe('0001a147e112a643');
    const ipv6 = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 };
    expect(answered(request, ipv6)?.attributes.get(0x0020)).toBe('0002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
  });

  it.each([
    ['a name of its software', [[0x8022, bytes('74657374')]]],
    [
      'a user and a signature',
      [
        [0x0006, bytes('61626364')],
        [0x0008, Buffer.alloc(20)],
      ],
    ],
    [
      'what may be ignored',
      [
        [0xff00, bytes('')],
        [0xc057, bytes('0001')],
      ],
    ],
  ] as const)('may bring %s', (_, attributes) => {
    expect(answered(stunMessage(0x0001, transaction, attributes))?.type).toBe(0x0101);
  });

  it('may bring a fingerprint, which must be its own', () => {
    const whole = stunMessage(0x0001, transaction, [[0x8028, Buffer.alloc(4)]]);
    expect(stunAnswer(whole, source)).toBeUndefined();
    // RFC 8489, 14.7
    whole.writeUInt32BE((crc32(whole.subarray(0, 20)) ^ 0x5354554e) >>> 0, 24);
    expect(answered(whole)?.type).toBe(0x0101);
  });

  it('of 20 bytes is answered with 32 in IPv4 and 44 in IPv6: with headers 1.25 and 1.35 times what was sent', () => {
    const sizes = ['192.0.2.1', '2001:db8::1'].map((address) => stunAnswer(request, { address, port: 9 })?.length);
    expect([request.length, ...sizes]).toEqual([20, 32, 44]);
    const [ipv4, ipv6] = [20 + 8, 40 + 8];
    expect((32 + ipv4) / (20 + ipv4)).toBe(1.25);
    expect((44 + ipv6) / (20 + ipv6)).toBeCloseTo(1.35, 2);
  });

  it('that demands what we do not know is told which, in less than 12 bytes more', () => {
    const demanding = stunMessage(0x0001, transaction, [
      [0x0003, bytes('00000006')],
      [0x8022, bytes('61')],
      [0x7fff, bytes('')],
      [0x0003, bytes('00000006')],
    ]);
    const answer = answered(demanding);
    expect(answer?.type).toBe(0x0111);
    expect(answer?.transaction).toBe(hex);
    expect(answer?.attributes).toEqual(
      new Map([
        [0x0009, '00000414'],
        [0x000a, '00037fff'],
      ]),
    );
  });
});

describe('what is no binding request', () => {
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(request);
    copy.writeUInt16BE(value, at);
    return copy;
  };
  const padded = stunMessage(0x0001, transaction, [[0x8022, bytes('616263')]]);

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.alloc(1)],
    ['a header that is cut', request.subarray(0, 19)],
    ['zeros', Buffer.alloc(20)],
    ['a byte after the end', Buffer.concat([request, Buffer.alloc(1)])],
    ['four bytes after the end', Buffer.concat([request, Buffer.alloc(4)])],
    ['a length over the end', changed(2, 4)],
    ['a length that is no multiple of four', changed(2, 1)],
    ['no magic cookie', changed(4, 0x2113)],
    ['half a magic cookie', changed(6, 0)],
    ['a success', changed(0, 0x0101)],
    ['a failure', changed(0, 0x0111)],
    ['an indication', changed(0, 0x0011)],
    ['a shared secret request', changed(0, 0x0002)],
    ['an allocation', changed(0, 0x0003)],
    ['a method past all', changed(0, 0x3eef)],
    ['data of a TURN channel', changed(0, 0x4001)],
    ['DTLS', changed(0, 0x16fe)],
    ['RTP', changed(0, 0x8001)],
    ['an attribute that is cut', padded.subarray(0, -1)],
    ['an attribute over the end', Buffer.concat([changed(2, 4), bytes('80220001')])],
    ['an address of no family', stunMessage(0x0001, transaction, [[0x0001, bytes('00030001c0000201')]])],
    ['an address without an end', stunMessage(0x0001, transaction, [[0x0020, bytes('0002')]])],
    ['more than a real one', stunMessage(0x0001, transaction, [[0x8022, Buffer.alloc(548 - 20)]])],
    ['the most that UDP carries', stunMessage(0x0001, transaction, [[0x0020, Buffer.alloc(65_480)]])],
  ])('is not answered: %s', (_, datagram) => {
    expect(stunAnswer(datagram, source)).toBeUndefined();
  });

  it('is next to what is', () => {
    expect(answered(request)).toBeDefined();
    expect(answered(padded)).toBeDefined();
    expect(answered(stunMessage(0x0001, transaction, [[0x8022, Buffer.alloc(548 - 24)]]))).toBeDefined();
    expect(stunAnswer(request, { ...source, port: 0 })).toBeUndefined();
  });
});

it('100,000 datagrams of chance throw nothing, and no answer is larger than its request and 24 bytes', () => {
  const seeded = new Seeded(2_389);
  let answers = 0;
  for (let i = 0; i < 100_000; i++) {
    const datagram = Buffer.from(hostile(seeded));
    const from = { address: seeded.chance(0.5) ? '198.51.100.7' : '2001:db8::7', port: seeded.below(65_536) };
    const answer = stunAnswer(datagram, from);
    if (answer === undefined) continue;
    answers++;
    const { type, transaction: id, attributes } = readStun(answer);
    expect(datagram.readUInt16BE(0)).toBe(0x0001);
    expect(id).toBe(datagram.subarray(8, 20).toString('hex'));
    expect(answer.length).toBeLessThanOrEqual(datagram.length + 24);
    if (type === 0x0101) expect(attributes.has(0x0020)).toBe(true);
    else expect([type, attributes.get(0x0009)]).toEqual([0x0111, '00000414']);
    // Two that answer each other would never end.
    expect(stunAnswer(answer, from)).toBeUndefined();
  }
  expect(answers).toBeGreaterThan(10_000);
});

/** Noise, whole messages, and whole messages with something changed. */
function hostile(seeded: Seeded): Uint8Array {
  if (seeded.chance(0.1)) return seeded.bytes(seeded.below(600));
  const types = [0x0001, 0x0001, 0x0001, 0x0101, 0x0111, 0x0011, seeded.below(65_536)];
  const attributes = Array.from({ length: seeded.below(5) }, () => {
    const known = [0x0001, 0x0003, 0x0006, 0x0008, 0x0009, 0x000a, 0x0020, 0x0024, 0x8022, 0x8028, 0x8029, 0x802b];
    const type = seeded.chance(0.8) ? seeded.pick(known) : seeded.below(65_536);
    return [type, seeded.bytes(seeded.pick([0, 1, 4, 8, 20, seeded.below(120)]))] as const;
  });
  const message = stunMessage(seeded.pick(types), seeded.bytes(12), attributes);
  if (seeded.chance(0.3)) message[seeded.below(message.length)] = seeded.below(256);
  if (seeded.chance(0.2)) return message.subarray(0, seeded.below(message.length + 1));
  return message;
}

describe('plainAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('of %s is %s', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});
