/**
 * What is answered to a STUN binding request (RFC 8489): the address and port it came from.
 *
 * Nothing else is answered, no response above all, so that two servers never keep each other busy. There is no answer to
 * what is smaller than any request or greater than a real one, to requests without the magic cookie (RFC 3489), and to
 * port 0. Of the credentials of a request nothing is made (RFC 8489, 12). An answer is at most 24 bytes longer than its
 * request: who sends in another's name gains next to nothing.
 */
import { isIPv6 } from 'node:net';
import { classes, Message, methods, parseMessage } from 'werift-ice';

/** Where a datagram came from, as Node tells it. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

const headerBytes = 20;
/** To an unknown path, 576 bytes with the headers of IP and UDP (RFC 8489, 6.1); browsers send 20 to 100. */
const mostRequestBytes = 548;
const unknownAttributeCode = 420;
/** Those below must be understood, or the request is refused (RFC 8489, 14). */
const firstOptional = 0x8000;
/** All that RFC 8489, 18.3 names below that. */
const understood: ReadonlySet<number> = new Set([
  0x0001, 0x0006, 0x0008, 0x0009, 0x000a, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0020,
]);

/** Undefined when there is to be no answer. Never throws, whatever the bytes. */
export function stunAnswer(datagram: Buffer, { address, port }: Source): Buffer | undefined {
  if (port === 0 || datagram.length < headerBytes || datagram.length > mostRequestBytes) return undefined;
  const request = parseMessage(datagram);
  if (request?.messageMethod !== methods.BINDING || request.messageClass !== classes.REQUEST) return undefined;
  const unknown = unknownAttributes(datagram);
  if (unknown.length === 0) {
    const answer = new Message(methods.BINDING, classes.RESPONSE, request.transactionId);
    return answer.setAttribute('XOR-MAPPED-ADDRESS', [plainAddress(address), port]).bytes;
  }
  const refusal = new Message(methods.BINDING, classes.ERROR, request.transactionId);
  return refusal.setAttribute('ERROR-CODE', [unknownAttributeCode, '']).setAttribute('UNKNOWN-ATTRIBUTES', unknown)
    .bytes;
}

/** As a system that speaks IPv4 writes it, where a socket for both shows it as `::ffff:…`; without the interface. */
export function plainAddress(address: string): string {
  const [plain = ''] = address.split('%');
  return isIPv6(plain) ? plain.replace(/^::ffff:(?=\d+\.)/i, '') : plain;
}

/** Those that must be understood and are not. @param message whole, for it was parsed */
function unknownAttributes(message: Buffer): number[] {
  const unknown = new Set<number>();
  for (let at = headerBytes; at < message.length; at += 4 + 4 * Math.ceil(message.readUInt16BE(at + 2) / 4)) {
    const type = message.readUInt16BE(at);
    if (type < firstOptional && !understood.has(type)) unknown.add(type);
  }
  return [...unknown];
}
