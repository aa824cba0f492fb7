import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { LinkError, PeerError, StoreError } from '../../../../core/errors.ts';
import { CommandError, exitCodes, outcomeOf } from '../../../../relay/cli/exit.ts';
import { ControlError } from '../../../../relay/control/errors.ts';

describe('outcomeOf', () => {
  it.each([
    [new CommandError(exitCodes.usage, 'these do not go together'), 2],
    [new ControlError('no-peer', 'no peer is running'), 3],
    [new ControlError('refused', 'too large'), 1],
    [new ControlError('cut', 'it ended'), 1],
    [new StoreError('held', 'the folder is in use'), 4],
    [new StoreError('corrupt', 'no identity'), 1],
    [new PeerError('bad-config', 'no network'), 1],
    [new LinkError('unreachable', 'nobody there'), 1],
  ])('of %s is its words and a code', (error, exitCode) => {
    expect(outcomeOf(error)).toEqual({ exitCode, line: error.message });
  });

  it.each([
    [new CommanderError(0, 'commander.helpDisplayed', ''), 0],
    [new CommanderError(1, 'commander.unknownOption', 'unknown'), 2],
    [Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), 0],
  ])('of %s has been said already', (error, exitCode) => {
    expect(outcomeOf(error)).toEqual({ exitCode, line: undefined });
  });

  it.each([new Error('invariant broken'), undefined, null, 'a text'])('of %j is a bug', (error) => {
    expect(outcomeOf(error)).toBeUndefined();
  });
});
