import { describe, expect, it } from 'vitest';
import { iceServersOf } from '../../../../web/links/ice-servers.ts';
import { type RelayAddress, relayAddress } from '../../../../web/links/relay-address.ts';

const at = (address: string) => relayAddress(address) as RelayAddress;
const relay = at('https://relay.example');
const turn = { url: 'turn:turn.example:3478?transport=udp', username: '1:a', credential: 'c' };
const asIce = { urls: turn.url, username: turn.username, credential: turn.credential };

describe('iceServersOf', () => {
  it('gives STUN on the relay’s own host, TURN where it says', () => {
    expect(iceServersOf(relay, { stun: 3478, turn: [turn] })).toEqual([{ urls: 'stun:relay.example:3478' }, asIce]);
    expect(iceServersOf(relay, { stun: undefined, turn: [turn] })).toEqual([asIce]);
    expect(iceServersOf(relay, { stun: undefined, turn: [] })).toEqual([]);
  });

  it.each([
    ['http://192.168.1.5:8080', 'stun:192.168.1.5:9'],
    ['wss://[fd00::2]/chain', 'stun:[fd00::2]:9'],
    ['https://bücher.example', 'stun:xn--bcher-kva.example:9'],
  ])('finds STUN on the host of %s', (address, urls) => {
    expect(iceServersOf(at(address), { stun: 9, turn: [] })).toEqual([{ urls }]);
  });

  it('has no STUN on a host that a browser would not take there', () => {
    expect(iceServersOf(at('https://a!b.example'), { stun: 9, turn: [turn] })).toEqual([asIce]);
  });

  it.each([
    { url: 'stun:elsewhere.example:3478' },
    { url: 'https://turn.example' },
    { url: 'turn:turn.example:0' },
    { url: 'turn:turn.example?transport=sctp' },
    { url: 'turn:[::1' },
    { url: '' },
    { username: '' },
    { credential: '' },
  ])('drops what a browser would not take: %j', (change) => {
    expect(iceServersOf(relay, { stun: 0, turn: [{ ...turn, ...change }, turn] })).toEqual([asIce]);
  });
});
