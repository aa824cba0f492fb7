/**
 * docs/guide/relay.md against the code: the limits it names are those that hold.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backlogBytes } from '../../../relay/backlog.ts';
import { heartbeatMs } from '../../../relay/heartbeat.ts';
import { lobbyLimits, requestTimes } from '../../../relay/lobby.ts';
import { mostMembers } from '../../../relay/rooms.ts';
import { signalingOptions } from '../../../relay/signaling.ts';

const guide = readFileSync(new URL('../../../docs/guide/relay.md', import.meta.url), 'utf8');
const number = (value: number) => value.toLocaleString('en-US');

describe('docs/guide/relay.md, Load', () => {
  it.each([
    `is not whole after ${requestTimes.headersTimeout / 1_000} s`,
    `is not whole after ${requestTimes.requestTimeout / 1_000} s`,
    `the next one, ${heartbeatMs / 1_000} s later`,
    `a ping each ${heartbeatMs / 1_000} s`,
    `when ${backlogBytes / 1024 / 1024} MiB wait for all together`,
    `in more than ${signalingOptions.maxBufferedChunks} pieces`,
    `more than ${number(lobbyLimits.most)} have not said`,
    `the oldest of more than ${number(lobbyLimits.mostOfOneSource)} of them from one address`,
    `when ${number(mostMembers)} are in the room`,
  ])('says: %s', (text) => {
    expect(guide).toContain(text);
  });
});
