/**
 * Writes signaling.json beside it (README.md). Shares no code with core/.
 */
import { createCipheriv, createECDH, createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { signSchnorr } from 'tiny-secp256k1';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

function taggedHash(purpose: string, ...parts: Uint8Array[]): Buffer {
  const tag = sha256(Buffer.from(`mccloud/${purpose}/1`));
  return sha256(tag, tag, ...parts);
}

/** 32 bytes that nobody chose: the hash of a name. */
const named = (name: string) => sha256(Buffer.from(`mccloud test vectors: ${name}`));

function keyPair(name: string) {
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(named(name));
  return { ecdh, secret: named(name), pubkey: ecdh.getPublicKey(null, 'compressed') };
}

const u8 = (value: number) => Buffer.of(value);
function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
/** `String` and `Vec<u8>`. */
const counted = (bytes: Uint8Array) => Buffer.concat([u32(bytes.length), bytes]);
const text = (value: string) => counted(Buffer.from(value));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const tab = keyPair('tab');
const other = keyPair('other tab');
const archive = keyPair('archive');
const network = 'main';
const origin = 'http://127.0.0.1:8080';
const relayNonce = named('relay nonce');
const ownNonce = named('own nonce');

const preimage = Buffer.concat([text(origin), text(network), relayNonce, ownNonce, tab.pubkey]);
const digest = taggedHash('challenge', preimage);
const sign = Buffer.from(signSchnorr(digest, tab.secret, Buffer.alloc(32)));

const sharedX = tab.ecdh.computeSecret(other.pubkey);

function sealed(from: Uint8Array, to: Uint8Array, nonceName: string, type: number, typeName: string, body: string) {
  const call = named('call').subarray(0, 16);
  const nonce = named(nonceName).subarray(0, 12);
  const key = taggedHash('signal', sharedX, from, to, Buffer.from(network));
  const plain = Buffer.concat([call, u8(type), text(body)]);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const bytes = Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
  const signal = { call: hex(call), type: typeName, body };
  return { from: hex(from), to: hex(to), key: hex(key), nonce: hex(nonce), signal, plain: hex(plain), bytes };
}

const offer = sealed(tab.pubkey, other.pubkey, 'offer nonce', 0, 'offer', '{"type":"offer","sdp":"v=0\\r\\nš"}');
const answer = sealed(other.pubkey, tab.pubkey, 'answer nonce', 1, 'answer', '{"type":"answer","sdp":"v=0\\r\\n"}');

const fromRelay = [
  { bytes: [u8(0), relayNonce], message: { kind: 'challenge', nonce: hex(relayNonce) } },
  {
    bytes: [u8(1), u32(2), tab.pubkey, other.pubkey, u8(1), archive.pubkey],
    message: { kind: 'told', others: [hex(tab.pubkey), hex(other.pubkey)], archive: hex(archive.pubkey) },
  },
  { bytes: [u8(1), u32(0), u8(0)], message: { kind: 'told', others: [], archive: null } },
  {
    bytes: [u8(2), tab.pubkey, counted(offer.bytes)],
    message: { kind: 'signalled', from: hex(tab.pubkey), sealed: hex(offer.bytes) },
  },
  { bytes: [u8(3), other.pubkey], message: { kind: 'unroutable', to: hex(other.pubkey) } },
  {
    bytes: [u8(4), text('bad-signature'), text('the challenge is not answered')],
    message: { kind: 'refused', code: 'bad-signature', reason: 'the challenge is not answered' },
  },
];

const fromTab = [
  {
    bytes: [u8(0), text(network), tab.pubkey, ownNonce, text(origin), sign],
    message: { kind: 'join', network, pubkey: hex(tab.pubkey), nonce: hex(ownNonce), origin, sign: hex(sign) },
  },
  { bytes: [u8(1), u32(1), other.pubkey], message: { kind: 'ask', exclude: [hex(other.pubkey)] } },
  {
    bytes: [u8(2), other.pubkey, counted(offer.bytes)],
    message: { kind: 'signal', to: hex(other.pubkey), sealed: hex(offer.bytes) },
  },
];

const listed = (messages: readonly { readonly bytes: readonly Buffer[]; readonly message: object }[]) =>
  messages.map(({ bytes, message }) => ({ bytes: hex(Buffer.concat(bytes)), message }));

const vector = {
  tab: { secret: hex(tab.secret), pubkey: hex(tab.pubkey) },
  other: { secret: hex(other.secret), pubkey: hex(other.pubkey) },
  challenge: {
    origin,
    network,
    relayNonce: hex(relayNonce),
    ownNonce: hex(ownNonce),
    pubkey: hex(tab.pubkey),
    preimage: hex(preimage),
    digest: hex(digest),
    signWithoutAuxiliary: hex(sign),
  },
  fromRelay: listed(fromRelay),
  fromTab: listed(fromTab),
  seals: { network, sharedX: hex(sharedX), signals: [offer, answer].map((seal) => ({ ...seal, bytes: hex(seal.bytes) })) },
};

writeFileSync(new URL('signaling.json', import.meta.url), `${JSON.stringify(vector, undefined, 1)}\n`);
