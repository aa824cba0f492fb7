/**
 * Writes signaling.json, export.json and upgrade.json beside it (README.md). Shares no code with core/.
 */
import { createCipheriv, createECDH, createHash, createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { compress, init } from '@bokuweb/zstd-wasm';
import { signSchnorr } from 'tiny-secp256k1';
import { encodeGreetingFrame, encodeMessage, encodeSealedFrame } from '../../model/reference/encoder.ts';
import { secondHelloPayload, secondUpgradedFrame, secondUpgradeKeys } from '../../model/second-upgrade.ts';

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
  const nonce = named(nonceName).subarray(0, 16);
  const key = taggedHash('signal', sharedX, from, to, Buffer.from(network));
  const macKey = taggedHash('signal-mac', sharedX, from, to, Buffer.from(network));
  const plain = Buffer.concat([call, u8(type), text(body)]);
  const cipher = createCipheriv('aes-256-cbc', key, nonce);
  const ciphertext = Buffer.concat([nonce, cipher.update(plain), cipher.final()]);
  const bytes = Buffer.concat([ciphertext, createHmac('sha256', macKey).update(ciphertext).digest()]);
  const signal = { call: hex(call), type: typeName, body };
  return { from: hex(from), to: hex(to), key: hex(key), macKey: hex(macKey), nonce: hex(nonce), signal, plain: hex(plain), bytes };
}

const offer = sealed(tab.pubkey, other.pubkey, 'offer nonce', 0, 'offer', '{"type":"offer","sdp":"v=0\\r\\nš"}');
const answer = sealed(other.pubkey, tab.pubkey, 'answer nonce', 1, 'answer', '{"type":"answer","sdp":"v=0\\r\\n"}');

const turn = {
  url: 'turn:turn.example:3478?transport=udp',
  username: '1700000000:0011223344556677',
  credential: 'c2lnbmF0dXJl',
};

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
  {
    bytes: [u8(5), u8(1), Buffer.from('901f', 'hex'), u32(1), ...Object.values(turn).map(text)],
    message: { kind: 'services', stun: 8080, turn: [turn] },
  },
  { bytes: [u8(5), u8(0), u32(0)], message: { kind: 'services', stun: null, turn: [] } },
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

/** What the reference's own folder holds. */
const stored: readonly { readonly borsh: string }[] = JSON.parse(
  readFileSync(new URL('../folder-reference/expected.json', import.meta.url), 'utf8'),
);
const blocks = stored.map(({ borsh }) => Buffer.from(borsh, 'hex'));
const u64 = (value: number) => Buffer.concat([u32(value), u32(0)]);

/** One raw block of less than 128 KiB behind a header with a 1 KiB window and no content size (RFC 8878). */
function rawFrame(content: Buffer): Buffer {
  const header = u32((content.length << 3) | 1).subarray(0, 3);
  return Buffer.concat([Buffer.from('28b52ffd0000', 'hex'), header, content]);
}

function exported(name: string, parts: readonly (readonly Buffer[])[], frameOf: (content: Buffer) => Uint8Array): Buffer {
  const sections = parts.map((part) => {
    const content = Buffer.concat([u32(part.length), ...part.map(counted)]);
    return Buffer.concat([u8(0), counted(frameOf(content))]);
  });
  const count = parts.flat().length;
  const whole = Buffer.concat([Buffer.from('mccloud\x1a'), u8(1), text(name), ...sections, u8(1), u64(count)]);
  return Buffer.concat([whole, sha256(whole)]);
}

await init();
const zstd = (content: Buffer) => compress(content, 19);
const exports = [
  { name: 'without blocks', network, blocks: [], file: exported(network, [], rawFrame) },
  { name: 'one section, not compressed', network, blocks, file: exported(network, [blocks], rawFrame) },
  { name: 'a section for each block', network: 'a.b-c_2', blocks, file: exported('a.b-c_2', blocks.map((block) => [block]), rawFrame) },
  { name: 'two sections at level 19', network, blocks, file: exported(network, [blocks.slice(0, 3), blocks.slice(3)], zstd) },
].map((made) => ({ ...made, blocks: made.blocks.map(hex), file: hex(made.file) }));

writeFileSync(new URL('export.json', import.meta.url), `${JSON.stringify(exports, undefined, 1)}\n`);

const [diallerEphemeral, acceptorEphemeral] = [keyPair('ephemeral of the dialler'), keyPair('ephemeral of the acceptor')];

/** Of a side that has nothing: what it begins with, in plain. */
function begun(identity: { readonly pubkey: Buffer }, ephemeral: { readonly pubkey: Buffer }, listen: string) {
  const version = { major: 0, minor: 1, patch: 0, target: '', branch: network, commit: 'mcx1' };
  const chain = { root: null, last: null, count: 0n, thin: false };
  const greeting = { type: 'greeting', pubkey: hex(identity.pubkey), listen, ...chain, version } as const;
  const hello = secondHelloPayload({ network, features: 0, ephemeral: hex(ephemeral.pubkey) }, 'cbc');
  return { greeting: encodeMessage(greeting, 'cbc'), hello };
}

const dialler = begun(tab, diallerEphemeral, '127.0.0.1:1');
const acceptor = begun(other, acceptorEphemeral, 'host.example:29092');
const ephemeralX = diallerEphemeral.ecdh.computeSecret(acceptorEphemeral.pubkey);
const upgradeKeys = secondUpgradeKeys(ephemeralX, sharedX, [
  dialler.greeting,
  acceptor.greeting,
  dialler.hello,
  acceptor.hello,
]);
const sessionKey = sha256(sharedX);
const iv = (name: string) => named(`iv ${name}`).subarray(0, 16);
const helloFrame = (name: string, { hello }: { readonly hello: Uint8Array }) =>
  encodeSealedFrame({ key: sessionKey, iv: iv(`hello of the ${name}`), nonce: 2n }, hello, 'cbc');

const requestNone = encodeMessage({ type: 'requestBlocks', start: null }, 'cbc');
const askedFor = encodeMessage({ type: 'requestNeighbours', count: 3, exclude: [hex(tab.pubkey)] }, 'cbc');
/** As many bytes as fill their blocks of AES exactly, so that a whole block of padding follows. */
const introduced = encodeMessage({ type: 'introduceNeighbours', neighbours: [[hex(archive.pubkey), 'h:2909']] }, 'cbc');
const upgraded = (from: 'dialler' | 'acceptor', payloads: readonly Uint8Array[]) =>
  payloads.map((payload, counter) => {
    const bytes = secondUpgradedFrame(upgradeKeys[from], BigInt(counter), iv(`${from} ${counter}`), payload);
    return { from, counter, iv: hex(iv(`${from} ${counter}`)), payload: hex(payload), bytes: hex(bytes) };
  });
const directionOf = ({ encryption, mac }: (typeof upgradeKeys)['dialler']) => ({ encryption: hex(encryption), mac: hex(mac) });

const upgrade = {
  network,
  sharedX: hex(sharedX),
  ephemeralX: hex(ephemeralX),
  dialler: {
    secret: hex(tab.secret),
    pubkey: hex(tab.pubkey),
    ephemeralSecret: hex(diallerEphemeral.secret),
    ephemeral: hex(diallerEphemeral.pubkey),
    greeting: hex(dialler.greeting),
    hello: hex(dialler.hello),
    stream: hex(Buffer.concat([encodeGreetingFrame(dialler.greeting, 'cbc'), helloFrame('dialler', dialler)])),
    keys: directionOf(upgradeKeys.dialler),
  },
  acceptor: {
    secret: hex(other.secret),
    pubkey: hex(other.pubkey),
    ephemeralSecret: hex(acceptorEphemeral.secret),
    ephemeral: hex(acceptorEphemeral.pubkey),
    greeting: hex(acceptor.greeting),
    hello: hex(acceptor.hello),
    stream: hex(Buffer.concat([encodeGreetingFrame(acceptor.greeting, 'cbc'), helloFrame('acceptor', acceptor)])),
    keys: directionOf(upgradeKeys.acceptor),
  },
  frames: [...upgraded('dialler', [requestNone, askedFor, requestNone]), ...upgraded('acceptor', [introduced, requestNone])],
};

writeFileSync(new URL('upgrade.json', import.meta.url), `${JSON.stringify(upgrade, undefined, 1)}\n`);
