import { describe, expect, it } from 'vitest';
import { extensionSaying, unpackExtension } from '../../../core/wire/carrier.ts';
import { wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { Stage } from '../../model/stage.ts';

const [self, b] = authors(2) as [Author, Author];

describe('a message of ours', () => {
  it('that asks for a sign of life is answered with its number', () => {
    const remote = new Stage({ self }).join(b);
    remote.say(extensionSaying({ kind: 'ping', nonce: 9n }));
    const answers = remote.of('requestNeighbours').map(({ exclude }) => unpackExtension(exclude));
    expect(answers).toEqual([{ kind: 'pong', nonce: 9n }]);
  });

  it('that is not canonical ends the link', () => {
    const stage = new Stage({ self });
    const remote = stage.join(b);
    const saying = extensionSaying({ kind: 'ping', nonce: 9n });
    remote.say({ ...saying, exclude: [...saying.exclude, ...saying.exclude] });
    expect(stage.machine.links).toEqual([]);
  });
});

describe('a message of ours from who is not known as ours', () => {
  it.each([
    ['ping', { kind: 'ping', nonce: 9n }],
    ['head', { kind: 'head', height: 7, tip: b.block(undefined).hash, root: b.block(undefined).hash }],
  ] as const)('has no effect: %s', (_, message) => {
    const stage = new Stage({ self });
    const remote = stage.join(b, { version: { ...wireVersion, target: 'x', branch: 'y', commit: 'z' } });
    remote.heard.length = 0;
    remote.say(extensionSaying(message));
    expect([remote.heard, stage.machine.syncing, stage.machine.links.length]).toEqual([[], undefined, 1]);
  });
});

describe('a question for no neighbours that is none of ours', () => {
  it('is not answered', () => {
    const stage = new Stage({ self });
    const remote = stage.join(b, { version: { ...wireVersion, target: 'x', branch: 'y', commit: 'z' } });
    remote.heard.length = 0;
    remote.say({ kind: 'requestNeighbours', count: 0, exclude: [b.key] });
    expect(remote.heard).toEqual([]);
    expect(stage.machine.links).toHaveLength(1);
  });
});
