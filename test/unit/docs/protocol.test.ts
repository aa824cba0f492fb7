/**
 * docs/protocol.md says what the code does: every example in it is made again and read again by the code, and every
 * limit it names is the code's.
 *
 * An example is a fenced block `hex <name>`, in which what stands on a line after two spaces explains, or `json <name>`,
 * one line of the control socket. The values behind the examples are those of its section "Examples".
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, hexToBytes, utf8Bytes } from '../../../core/codec/bytes.ts';
import { decode, encode } from '../../../core/codec/codec.ts';
import { type Hash, type HashHex, type ItemIdHex, publicKeyFromHex, secretKeyFrom } from '../../../core/crypto/keys.ts';
import { nobleCurve } from '../../../core/crypto/noble-curve.ts';
import { mostMembers, mostVotesEach } from '../../../core/finality/committee.ts';
import { type Ballot, voteDigest } from '../../../core/finality/votes.ts';
import { signaledAddress, signaledKey, unreachableAddress } from '../../../core/network/addresses.ts';
import { mostContentBytes, sectionBytes, writeExport } from '../../../core/storage/export.ts';
import { mostFrameBytes, rawFrame } from '../../../core/storage/zstd.ts';
import {
  addressBytes,
  type BridgeMessage,
  type BridgingMessage,
  bridgeDigest,
  bridgeMessages,
  bridgingMessageBytes,
  bridgingMessages,
  ticketBytes,
  type Wish,
} from '../../../core/wire/bridging.ts';
import { packExtension } from '../../../core/wire/carrier.ts';
import { cbcMessages, dialects, gcmSivMessages } from '../../../core/wire/dialect.ts';
import { identify } from '../../../core/wire/identify.ts';
import { type Message, oursCommit, oursMark, wireVersion } from '../../../core/wire/messages.ts';
import { callBytes, openSignal, type SealParties, type Signal, sealSignal } from '../../../core/wire/seal.ts';
import { mostHelloBytes } from '../../../core/wire/session.ts';
import {
  challengeDigest,
  mostTold,
  mostTurnServers,
  nonceBytes,
  type RelayMessage,
  relayMessages,
  sealedBytes,
  signalingMessageBytes,
  type TabMessage,
  tabMessages,
  turnTextBytes,
} from '../../../core/wire/signaling.ts';
import { helloPayload, upgradeKeys } from '../../../core/wire/upgrade.ts';
import { upgradedFrame } from '../../../core/wire/upgraded-framing.ts';
import {
  type Answer,
  encodeAnswer,
  encodeRequest,
  parseAnswer,
  parseRequest,
  type Request,
  requestBytes,
} from '../../../relay/control/messages.ts';
import { mostClients, requestWithinMs } from '../../../relay/control/server.ts';
import { webSocketOptions } from '../../../relay/links/websocket.ts';
import { encodeRecords } from '../../../relay/store/record-log.ts';
import { relayAddress } from '../../../web/links/relay-address.ts';
import { examplesOf, linesOf } from './examples.ts';
import { extensionExamples, extensionLimits, promiseDigest } from './extension-examples.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const keys = JSON.parse(readFileSync(new URL('../../vectors/keys.json', import.meta.url), 'utf8'))[0];

const a = { secret: secretKeyFrom(hexToBytes(keys.secret)), key: publicKeyFromHex(keys.pubkey) };
const b = { secret: secretKeyFrom(hexToBytes(keys.other.secret)), key: publicKeyFromHex(keys.other.pubkey) };
const network = 'main';
const origin = 'https://relay.example';
const relayNonce = repeated(0x11, nonceBytes);
const ownNonce = repeated(0x22, nonceBytes);
const sealIv = repeated(0x44, 16);
const noAuxiliary = repeated(0, 32);

const parties: SealParties = { network, from: a.key, to: b.key, sharedX: nobleCurve.sharedX(a.secret, b.key) };
const signal: Signal = { call: repeated(0x33, callBytes), type: 'offer', body: '{}' };
const sealed = sealSignal(parties, () => sealIv, signal);
const digest = challengeDigest({ origin, network, relayNonce, ownNonce, pubkey: a.key });

const greeting: Extract<Message, { kind: 'greeting' }> = {
  kind: 'greeting',
  pubkey: a.key,
  listen: unreachableAddress,
  root: undefined,
  last: undefined,
  count: 0n,
  thin: false,
  version: { ...wireVersion, target: '', branch: network, commit: oursCommit },
  known: [],
};

const relayExamples: Record<string, RelayMessage> = {
  challenge: { kind: 'challenge', nonce: relayNonce },
  told: { kind: 'told', others: [b.key], archive: undefined },
  signalled: { kind: 'signalled', from: a.key, sealed },
  unroutable: { kind: 'unroutable', to: b.key },
  refused: { kind: 'refused', code: 'bad-signature', reason: 'no' },
  services: {
    kind: 'services',
    stun: 8080,
    turn: [{ url: 'turn:turn.example:3478', username: '1700043200:77', credential: 'secret' }],
  },
};

const tabExamples: Record<string, TabMessage> = {
  join: {
    kind: 'join',
    network,
    pubkey: a.key,
    nonce: ownNonce,
    origin,
    sign: nobleCurve.sign(digest, a.secret, noAuxiliary),
  },
  ask: { kind: 'ask', exclude: [b.key] },
  signal: { kind: 'signal', to: b.key, sealed },
};

const wish: Wish = { kind: 'dial', target: '192.0.2.7:29092', byProxy: false };
const bridgeProof = bridgeDigest({ origin, network, relayNonce, ownNonce, pubkey: a.key, wish });
const ticket = repeated(0x66, ticketBytes);

const bridgeExamples: Record<string, BridgeMessage> = {
  'bridge-challenge': { kind: 'challenge', nonce: relayNonce },
  opened: { kind: 'opened' },
  leased: { kind: 'leased', address: 'relay.example:29100' },
  called: { kind: 'called', ticket, from: '192.0.2.7:40000' },
  'bridge-refused': { kind: 'refused', code: 'no-target', reason: 'no' },
};

const bridgingExamples: Record<string, BridgingMessage> = {
  'bridge-ask': {
    kind: 'ask',
    proof: {
      network,
      pubkey: a.key,
      nonce: ownNonce,
      origin,
      sign: nobleCurve.sign(bridgeProof, a.secret, noAuxiliary),
    },
    wish,
  },
  take: { kind: 'take', ticket },
};

const secrets = { a: secretKeyFrom(repeated(0x77, 32)), b: secretKeyFrom(repeated(0x99, 32)) };
const ephemeral = { a: nobleCurve.publicKey(secrets.a), b: nobleCurve.publicKey(secrets.b) };
const [fromA] = upgradeKeys(nobleCurve.sharedX(secrets.a, ephemeral.b), parties.sharedX, {
  diallerGreeting: encode(cbcMessages, greeting),
  acceptorGreeting: encode(cbcMessages, { ...greeting, pubkey: b.key }),
  diallerHello: helloPayload(network, ephemeral.a, dialects.cbc),
  acceptorHello: helloPayload(network, ephemeral.b, dialects.cbc),
});
const requestBlocks = encode(cbcMessages, { kind: 'requestBlocks', start: undefined });
const checkpoint = (height: number, byte: number) => ({ height, hash: repeated(byte, 32) as Hash });
const ballot: Ballot = { kind: 'prepare', source: checkpoint(0, 0x77), target: checkpoint(1, 0x88) };
const voteSign = nobleCurve.sign(voteDigest(network, ballot, b.key), b.secret, noAuxiliary);
const vote = { ballot, voter: b.key, sign: voteSign };

const otherExamples: Record<string, Uint8Array> = {
  ...mapped(extensionExamples(network, a, ephemeral.a, vote), (message) => concatBytes(...packExtension(message))),
  greeting: encode(cbcMessages, greeting),
  digest,
  'acknowledgement-digest': promiseDigest(network),
  'bridge-digest': bridgeProof,
  'upgrade-keys': concatBytes(fromA.encryption, fromA.mac),
  'upgraded-frame': upgradedFrame(fromA, repeated(0x88, 16), 0n, requestBlocks),
  seal: sealed,
  record: encodeRecords([Uint8Array.of(1, ...repeated(0x55, 32))]),
  export: await exportOf(),
};

const fives = '55'.repeat(32) as ItemIdHex & HashHex;

const requestExamples: Record<string, Request> = {
  share: { kind: 'share', data: utf8Bytes('hello'), wait: true },
  blocks: { kind: 'blocks', from: 12, follow: true },
};

const answerExamples: Record<string, Answer> = {
  shared: { kind: 'shared', id: fives },
  included: { kind: 'included', height: 12, block: fives },
  done: { kind: 'done' },
  'too-large': {
    kind: 'refused',
    code: 'too-large',
    message: 'an item is at most 512 KiB, this one is 524289 bytes',
  },
};

/** What is documented of each number; the page's table "Limits" must say the same. */
const limits: Record<string, number> = {
  'others in one Told': mostTold,
  'TURN servers in one Services': mostTurnServers,
  'bytes of a TURN server’s url, username, credential': turnTextBytes,
  'bytes of a seal': sealedBytes,
  'bytes of a signaling message': signalingMessageBytes,
  'bytes of an address': addressBytes,
  'bytes of a bridging message': bridgingMessageBytes,
  ...extensionLimits,
  'bytes of the ciphertext of a hello that changes the keys': mostHelloBytes,
  'members of a committee': mostMembers,
  'heights with votes of a member in one phase': mostVotesEach,
  'bytes of a frame’s content': mostContentBytes,
  'bytes of a frame': mostFrameBytes(mostContentBytes),
};

function mapped<T, U>(values: Record<string, T>, to: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}

/** A chain without blocks, as it is exported. */
async function exportOf(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writeExport(network, noBlocks(), rawFrame)) pieces.push(piece);
  return concatBytes(...pieces);
}

async function* noBlocks(): AsyncGenerator<Uint8Array, void> {}

function repeated(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

const examples = examplesOf(page);
const lines = linesOf(page);

describe('the examples of docs/protocol.md', () => {
  it('are all made here', () => {
    const made = [relayExamples, tabExamples, bridgeExamples, bridgingExamples, otherExamples].flatMap(Object.keys);
    expect([...examples.keys()].sort()).toEqual(made.sort());
  });

  it.each(Object.entries(relayExamples))('show what a relay sends as %s', (name, message) => {
    expect(examples.get(name)).toBe(bytesToHex(encode(relayMessages, message)));
    expect(decode(relayMessages, hexToBytes(examples.get(name) ?? ''))).toEqual(message);
  });

  it.each(Object.entries(tabExamples))('show what a tab sends as %s', (name, message) => {
    expect(examples.get(name)).toBe(bytesToHex(encode(tabMessages, message)));
    expect(decode(tabMessages, hexToBytes(examples.get(name) ?? ''))).toEqual(message);
  });

  it.each(Object.entries(bridgeExamples))('show what a bridge sends as %s', (name, message) => {
    expect(examples.get(name)).toBe(bytesToHex(encode(bridgeMessages, message)));
    expect(decode(bridgeMessages, hexToBytes(examples.get(name) ?? ''))).toEqual(message);
  });

  it.each(Object.entries(bridgingExamples))('show what a bridge is sent as %s', (name, message) => {
    expect(examples.get(name)).toBe(bytesToHex(encode(bridgingMessages, message)));
    expect(decode(bridgingMessages, hexToBytes(examples.get(name) ?? ''))).toEqual(message);
  });

  it.each(Object.entries(otherExamples))('show the bytes of the %s', (name, bytes) => {
    expect(examples.get(name)).toBe(bytesToHex(bytes));
  });

  it('show a seal that its receiver can open', () => {
    const sharedX = nobleCurve.sharedX(b.secret, a.key);
    expect(openSignal({ ...parties, sharedX }, hexToBytes(examples.get('seal') ?? ''))).toEqual(signal);
  });

  it('would not be taken with one digit changed', () => {
    const changed = examplesOf(page.replace('```hex challenge\n00', '```hex challenge\n01'));
    expect(changed.get('challenge')).toMatch(/^0111/);
    expect(changed.get('challenge')).not.toBe(examples.get('challenge'));
  });
});

describe('the lines of docs/protocol.md', () => {
  it('are all made here', () => {
    const made = [...Object.keys(requestExamples), ...Object.keys(answerExamples)];
    expect([...lines.keys()].sort()).toEqual(made.sort());
  });

  it.each(Object.entries(requestExamples))('show what a command asks as %s', (name, request) => {
    expect(lines.get(name)).toBe(encodeRequest(request));
    expect(parseRequest(utf8Bytes(lines.get(name) ?? ''))).toEqual(request);
  });

  it.each(Object.entries(answerExamples))('show what a peer answers as %s', (name, answer) => {
    expect(lines.get(name)).toBe(encodeAnswer(answer));
    expect(parseAnswer(utf8Bytes(lines.get(name) ?? ''))).toEqual(answer);
  });

  it('would not be taken with a letter changed', () => {
    const changed = linesOf(page.replace('"wait":true}', '"wate":true}')).get('share') ?? '';
    expect(() => parseRequest(utf8Bytes(changed))).toThrow('there is no "wate" here');
  });

  it('have the limits that the code has', () => {
    expect(page).toContain(`at most ${requestBytes.toLocaleString('en')} bytes long`);
    expect(page).toContain(`within ${requestWithinMs / 1_000} s`);
    expect(page).toContain(`At most ${mostClients} connections`);
  });
});

describe('the words of docs/protocol.md', () => {
  it('give every code with which a relay refuses, and no other', () => {
    const relay = readFileSync(new URL('../../../relay/signaling.ts', import.meta.url), 'utf8');
    const [, type = ''] = /export type RefusalCode =([^;]*);/.exec(relay) ?? [];
    const codes = [...type.matchAll(/'([\w-]+)'/g)].map(([, code]) => code);
    const [, table = ''] = page.split('| code | when |');
    const documented = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(0);
    expect(documented.sort()).toEqual(codes.sort());
  });

  it('give the doors of a relay', () => {
    const relay = relayAddress(origin);
    expect(page).toContain(`\`${relay?.signal}\``);
    expect(relay?.peer('<network>')).toMatch(/\/peer\/<network>$/);
    expect(page).toContain('`/peer/<network>`');
    expect(page).toContain(`the relay accepts ${webSocketOptions.maxPayload / 2 ** 20} MiB`);
  });

  it('give our mark', () => {
    expect(page).toContain(`\`${oursCommit}\``);
    expect(oursCommit.startsWith(oursMark)).toBe(true);
    expect(page).toContain(`\`${oursMark}\``);
  });

  it('say that a greeting of gcm-siv has no mark and is of no network', () => {
    expect(page).toContain('A greeting of `gcm-siv` has no strings');
    const other = { publicKey: b.key, network: 'other', expected: undefined };
    expect(identify(encode(gcmSivMessages, greeting), dialects['gcm-siv'], other).ours).toBe(false);
    expect(() => identify(encode(cbcMessages, greeting), dialects.cbc, other)).toThrow('another network');
    expect(identify(encode(cbcMessages, greeting), dialects.cbc, { ...other, network }).ours).toBe(true);
  });

  it('give the address of a peer that is reached by signaling, and of one that is not reached', () => {
    expect(page).toContain(signaledAddress(a.key));
    expect(signaledKey(signaledAddress(a.key))).toEqual(a.key);
    expect(page).toContain(unreachableAddress);
  });

  it.each(Object.entries(limits))('give as limit of the %s what the code has', (name, value) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`));
    expect(row?.split('|')[2]?.replaceAll(',', '').trim()).toBe(String(value));
  });

  it('give the size of a section of an export', () => {
    expect(page).toContain(`up to ${sectionBytes / 1024} KiB`);
  });

  it.each([
    ['bytes of a network’s name', 'network', 64],
    ['bytes of an origin', 'origin', 512],
  ])('give the limit of the %s', (name, field, most) => {
    const bytesOf = (length: number) =>
      encode(tabMessages, { ...tabExamples['join'], [field]: 'x'.repeat(length) } as never);
    expect(decode(tabMessages, bytesOf(most))).toHaveProperty(field, 'x'.repeat(most));
    expect(() => decode(tabMessages, bytesOf(most + 1))).toThrow('over');
    expect(page).toContain(`| ${name} | ${most} |`);
  });
});
