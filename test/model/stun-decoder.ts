/**
 * STUN read and written by RFC 8489, apart from the library that the relay uses.
 */

export interface StunReading {
  readonly type: number;
  readonly transaction: string;
  /** Values by type, as hex. */
  readonly attributes: ReadonlyMap<number, string>;
}

const cookie = 0x2112a442;

/** Sections 5 and 14. @throws Error where a message is not to the letter */
export function readStun(bytes: Uint8Array): StunReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(4) !== cookie) throw new Error('the magic cookie is missing');
  if (view.getUint16(2) !== bytes.length - 20) throw new Error('the length is not that of the attributes');
  const attributes = new Map<number, string>();
  let at = 20;
  while (at < bytes.length) {
    const length = view.getUint16(at + 2);
    attributes.set(view.getUint16(at), Buffer.from(bytes.subarray(at + 4, at + 4 + length)).toString('hex'));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  if (at !== bytes.length) throw new Error('the last attribute is cut');
  return { type: view.getUint16(0), transaction: Buffer.from(bytes.subarray(8, 20)).toString('hex'), attributes };
}

/** Section 14.2: the address in full, and the port. */
export function mappedAddress({ transaction, attributes }: StunReading): readonly [address: string, port: number] {
  const value = Buffer.from(attributes.get(0x0020) ?? '', 'hex');
  const mask = Buffer.from(`2112a442${transaction}`, 'hex');
  const plain = [...value.subarray(4)].map((byte, place) => byte ^ (mask[place] as number));
  const port = value.readUInt16BE(2) ^ 0x2112;
  if (value[1] === 1 && plain.length === 4) return [plain.join('.'), port];
  if (value[1] !== 2 || plain.length !== 16) throw new Error('the family is not that of the address');
  return [
    Buffer.from(plain)
      .toString('hex')
      .replace(/....(?!$)/g, '$&:'),
    port,
  ];
}

/** A message with these attributes, padded with zeros. */
export function stunMessage(type: number, transaction: Uint8Array, attributes: readonly Attribute[] = []): Buffer {
  const body = attributes.map(([number, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(number, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
  });
  const header = Buffer.alloc(8);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(
    body.reduce((sum, { length }) => sum + length, 0),
    2,
  );
  header.writeUInt32BE(cookie, 4);
  return Buffer.concat([header, transaction, ...body]);
}

type Attribute = readonly [type: number, value: Uint8Array];
