/**
 * Why a tab's wish is not fulfilled: a code for programs and a sentence for people.
 *
 * One sentence for each code, whatever lies behind it: a relay that told a port that is closed from one that is filtered,
 * or an address that is denied from a name that does not exist, would be a scanner for everybody.
 */
const sentences = {
  'bad-message': 'that is no message of the bridge’s protocol',
  'bad-signature': 'the signature of the challenge does not hold',
  'wrong-origin': 'this relay is known by another address than the one that was signed',
  'unknown-network': 'this relay does not serve that network',
  'too-late': 'nothing was asked for within ten seconds',
  'too-often': 'too many connections were asked for in a short time; try again in a minute',
  'too-many': 'there are as many connections as this relay carries for one peer or one address',
  full: 'this relay carries as many connections as it may',
  'no-proxy': 'this relay has no proxy (--socks), and does not dial without one what is to go by one',
  'no-target': 'this relay does not dial that address',
  unreachable: 'no peer answers there',
  'no-port': 'this relay has no port to lend just now',
  'no-ticket': 'that connection is not there any more',
  replaced: 'the same key has asked for a port again',
} as const;

export type RefusalCode = keyof typeof sentences;

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** For the operator alone. */
  readonly detail: string;

  constructor(code: RefusalCode, detail = '') {
    super(sentences[code]);
    this.code = code;
    this.detail = detail;
  }
}
