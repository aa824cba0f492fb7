import { describe, expect, it } from 'vitest';
import type { Block } from '../../../core/chain/block.ts';
import { itemIdOf } from '../../../core/chain/data.ts';
import { bytesToHex } from '../../../core/codec/bytes.ts';
import { keyHex } from '../../../core/crypto/keys.ts';
import { type Greeting, wireVersion } from '../../../core/wire/messages.ts';
import { type Author, authors } from '../../model/author.ts';
import { otherParity } from '../../model/fake-curve.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage, type StageOptions, storedBlocks } from '../../model/stage.ts';

const [self, b, c, d, e, f] = authors(6) as [Author, Author, Author, Author, Author, Author];
const reference = { version: { ...wireVersion, target: '', branch: '', commit: '' } };

function make(chain: readonly Block[] = [], options: StageOptions = {}): Stage {
  const store = new SlowStore();
  store.blocks = storedBlocks(chain);
  return new Stage({ self, store, ...options });
}

/** A reference peer that speaks `gcm-siv` and has greeted. */
function greets(stage: Stage, author: Author, greeting: Partial<Greeting> = {}): Remote {
  return stage.join(author, { ...reference, ...greeting }, { carrier: 'tcp', dialect: 'gcm-siv' });
}

/** Says something that means nothing: its link is proven by it. */
function speak(remote: Remote): void {
  remote.say({ kind: 'requestNeighbours', count: 0, exclude: [] });
}

/** One whose first frame has come. */
function linked(stage: Stage, author: Author, greeting: Partial<Greeting> = {}): Remote {
  const remote = greets(stage, author, greeting);
  speak(remote);
  remote.heard.length = 0;
  return remote;
}

/** A neighbour that speaks `cbc`. */
function linkedByCbc(stage: Stage, author: Author, greeting: Partial<Greeting> = reference): Remote {
  const remote = stage.join(author, greeting);
  remote.keepAlive(5);
  return remote;
}

const people = [self, b, c, d, e, f];

/** Who was said to come (+) and go (−), by the letters of this file, `a` being ourselves. */
function told(remote: Remote): string[] {
  return remote.heard.flatMap((message) => {
    if (message.kind !== 'announce' && message.kind !== 'leave') return [];
    const letter = 'abcdef'[people.findIndex(({ hex }) => hex === keyHex(message.pubkey))];
    return [`${message.kind === 'announce' ? '+' : '−'}${letter}`];
  });
}

const known = (stage: Stage) => [...stage.machine.known].sort();
const hexes = (...some: readonly Author[]) => some.map(({ hex }) => hex).sort();
const announce = ({ key }: Author) => ({ kind: 'announce', pubkey: key }) as const;
const leave = ({ key }: Author) => ({ kind: 'leave', pubkey: key }) as const;

/** Who speaks goes on speaking, so that nobody is named by the watch-dog or asked. */
function live(stage: Stage, milliseconds: number, speaking: readonly Remote[] = []): void {
  for (const end = stage.now + milliseconds; stage.now < end; ) {
    stage.pass(Math.min(500, end - stage.now));
    for (const remote of speaking) speak(remote);
  }
}

describe('a neighbour that speaks gcm-siv', () => {
  /** Without our hello, which comes first. */
  const asked = (remote: Remote) =>
    remote.of('requestNeighbours').flatMap(({ count, exclude }) => (count === 0 ? [] : [[count, exclude.length]]));
  const starts = (remote: Remote) => remote.of('requestBlocks').map(({ start }) => start && bytesToHex(start));
  const hashOf = (block: Block | undefined) => block && bytesToHex(block.hash);

  it('is asked something at once, that it answers if it has anything', () => {
    const chain = b.chain(4);
    const [root, last] = [chain[0]?.hash, chain.at(-1)?.hash];
    const remote = greets(make(chain), c, { root, last, count: 4n });
    expect([asked(remote), starts(remote)]).toEqual([[[1, 0]], [hashOf(chain[2])]]);
  });

  it('is asked for what follows our newest block, when we do not hold its own; for none when we hold none', () => {
    const chain = b.chain(6);
    const [root, last] = [chain[0]?.hash, chain.at(-1)?.hash];
    const behind = make(chain.slice(0, 4));
    for (const greeting of [{ root, last, count: 6n }, { root }, {}]) {
      const remote = greets(behind, c, greeting);
      expect(starts(remote)).toContain(hashOf(chain[3]));
      expect(starts(remote).every((start) => start === hashOf(chain[3]))).toBe(true);
    }
    const remote = greets(make(), c);
    expect([asked(remote), starts(remote)]).toEqual([[[1, 0]], []]);
  });

  it('is asked again after every 10 s of silence, and not while it speaks', () => {
    const stage = make();
    const remote = greets(stage, b);
    stage.pass(9_999);
    expect(asked(remote)).toHaveLength(1);
    stage.pass(1);
    stage.pass(10_000);
    expect(asked(remote).filter(([count]) => count === 1)).toHaveLength(3);
    remote.heard.length = 0;
    for (let times = 0; times < 5; times++) {
      stage.pass(9_999);
      speak(remote);
    }
    expect(asked(remote).filter(([count]) => count === 1)).toEqual([]);
    stage.pass(10_000);
    expect(asked(remote).filter(([count]) => count === 1)).toHaveLength(1);
  });

  it('is asked no more once its link has ended, and one that speaks cbc never: its KeepAlives come by themselves', () => {
    const stage = make();
    const remote = greets(stage, b);
    const other = linkedByCbc(stage, c);
    remote.heard.length = 0;
    remote.close();
    stage.pass(60_000);
    expect([remote.heard, asked(other).filter(([count]) => count === 1)]).toEqual([[], []]);
  });

  it('is known by its greeting, and connected and told of only when a frame of it has decrypted', () => {
    const stage = make();
    const [near, far] = [linked(stage, b), linkedByCbc(stage, f)];
    near.heard.length = 0;
    stage.forget();
    const remote = greets(stage, c);
    expect([known(stage), stage.machine.links.length, told(near)]).toEqual([hexes(b, c, f), 2, []]);
    expect(stage.delivered('changed')).not.toEqual([]);
    stage.forget();
    speak(remote);
    expect([stage.machine.links.length, told(near), told(far)]).toEqual([3, ['+c'], []]);
    expect(stage.delivered('changed')).not.toEqual([]);
    live(stage, 60_000, [remote, near]);
    expect([known(stage), told(near)]).toEqual([hexes(b, c), ['+c', '−f']]);
  });

  it('names others in its greeting, who count from its first frame on', () => {
    const stage = make();
    const near = linked(stage, b);
    const remote = greets(stage, c, { known: [d.key, self.key, otherParity(self.key), e.key] });
    expect([known(stage), told(near)]).toEqual([hexes(b, c), []]);
    speak(remote);
    expect([known(stage), told(near)]).toEqual([hexes(b, c, d, e), ['+c', '+d', '+e']]);
    expect(told(remote)).not.toContain('+d');
    near.say(leave(d));
    live(stage, 8_000, [near, remote]);
    expect(known(stage)).toEqual(hexes(b, c, e));
  });

  it('is told in our greeting of all that are known, whatever makes them so', () => {
    const stage = make();
    linked(stage, b).say(announce(c));
    linkedByCbc(stage, d);
    linkedByCbc(stage, e, {});
    const remote = greets(stage, f);
    expect(remote.greeting?.known.map(keyHex).sort()).toEqual(hexes(b, c, d, e));
  });

  it('stays known for as long as its link is open, though it says nothing', () => {
    const stage = make();
    linked(stage, b);
    stage.pass(3_600_000);
    expect(known(stage)).toEqual(hexes(b));
  });
});

describe('an Announce', () => {
  it('is passed on to all but who sent it that have a word for it, once', () => {
    const stage = make();
    const [one, two, three] = [linked(stage, b), linked(stage, c), linkedByCbc(stage, d)];
    for (const remote of [one, two]) remote.heard.length = 0;
    for (let times = 0; times < 3; times++) one.say(announce(e));
    two.say(announce(e));
    expect([told(one), told(two), told(three), known(stage)]).toEqual([[], ['+e'], [], hexes(b, c, d, e)]);
  });

  it('of our own key says nothing', () => {
    const stage = make();
    const [one, two] = [linked(stage, b), linked(stage, c)];
    two.heard.length = 0;
    one.say({ kind: 'announce', pubkey: self.key });
    one.say({ kind: 'announce', pubkey: otherParity(self.key) });
    expect([told(two), known(stage)]).toEqual([[], hexes(b, c)]);
  });
});

describe('a Leave', () => {
  /** Two neighbours, and one that the first has announced. */
  function announced(stage: Stage): [Remote, Remote] {
    const [one, two] = [linked(stage, b), linked(stage, c)];
    one.say(announce(d));
    for (const remote of [one, two]) remote.heard.length = 0;
    stage.forget();
    return [one, two];
  }

  it('about who sends it counts at once, and is passed on at once', () => {
    const stage = make();
    const [one, two] = announced(stage);
    one.say(leave(b));
    expect([known(stage), told(two)]).toEqual([hexes(c, d), ['−b']]);
    speak(one);
    expect([known(stage), told(two)]).toEqual([hexes(b, c, d), ['−b', '+b']]);
    live(stage, 60_000);
    expect([known(stage), told(two)]).toEqual([hexes(b, c, d), ['−b', '+b']]);
  });

  it.each([
    ['ourselves', self, '+a'],
    ['a neighbour', c, '+c'],
  ])('about %s never counts, and is answered after 3 to 6 s, not at once', (_, author, answer) => {
    const stage = make();
    const [one, two] = announced(stage);
    const before = known(stage);
    for (let times = 0; times < 3; times++) one.say(leave(author));
    stage.pass(2_999);
    expect([told(one), told(two), known(stage)]).toEqual([[], [], before]);
    stage.pass(3_002);
    expect([told(one), told(two), known(stage)]).toEqual([[answer], [answer], before]);
    live(stage, 60_000, [one, two]);
    expect([told(one), told(two)]).toEqual([[answer], [answer]]);
  });

  it('about another is shown at once, and counts and is passed on only after 5 to 7 s', () => {
    const stage = make();
    const [one, two] = announced(stage);
    live(stage, 10_000, [one, two]);
    stage.forget();
    one.say(leave(d));
    expect([known(stage), told(two), stage.delivered('changed').length]).toEqual([hexes(b, c), [], 1]);
    stage.pass(4_999);
    expect(told(two)).toEqual([]);
    stage.pass(2_002);
    expect([told(two), known(stage)]).toEqual([['−d'], hexes(b, c)]);
  });

  it.each<[string, (one: Remote, two: Remote, stage: Stage) => void]>([
    ['an Announce', (_, two) => two.say(announce(d))],
    ['data of its', (one) => one.say({ kind: 'shareData', data: d.item() })],
    ['a frame of its own link', (_one, _two, stage) => void linked(stage, d)],
    ['a block of its', (one) => one.say({ kind: 'shareBlock', block: d.block(undefined, [d.key]) })],
  ])('about another is forgotten when %s comes meanwhile', (_, live_) => {
    const stage = make();
    const [one, two] = announced(stage);
    live(stage, 10_000, [one, two]);
    one.say(leave(d));
    stage.pass(3_000);
    live_(one, two, stage);
    expect(known(stage)).toEqual(hexes(b, c, d));
    live(stage, 10_000, [one, two]);
    expect([known(stage), told(one), told(two)].map((said) => said.filter((word) => word !== '+d'))).toEqual([
      hexes(b, c, d),
      [],
      [],
    ]);
  });
});

describe('the end of a link', () => {
  it('with one that speaks gcm-siv is told at once to the others', () => {
    const stage = make();
    const [one, two] = [linked(stage, b), linked(stage, c)];
    one.heard.length = 0;
    two.close();
    expect([told(one), known(stage)]).toEqual([['−c'], hexes(b)]);
  });

  it('is not told while another link with the same key is open', () => {
    const stage = make();
    const [one, two, again] = [linked(stage, b), linked(stage, c), linked(stage, c)];
    one.heard.length = 0;
    two.close();
    expect([told(one), known(stage)]).toEqual([[], hexes(b, c)]);
    again.close();
    expect([told(one), known(stage)]).toEqual([['−c'], hexes(b)]);
  });

  it('that has shown a key and nothing else takes nobody with it, nor keeps anybody here', () => {
    const stage = make();
    const [one, two] = [linked(stage, b), linked(stage, c)];
    one.say(announce(d));
    one.heard.length = 0;
    for (const author of [c, d, e]) greets(stage, author).close();
    expect([told(one), known(stage)]).toEqual([[], hexes(b, c, d)]);
    greets(stage, c);
    two.close();
    expect(told(one)).toEqual(['−c']);
  });

  it('by which the last Leave could have come: who was only announced is known no more', () => {
    const stage = make();
    const [one, two, far] = [linked(stage, b), linked(stage, c), linkedByCbc(stage, f)];
    one.say(announce(d));
    one.close();
    expect(known(stage)).toEqual(hexes(c, d, f));
    two.close();
    expect([known(stage), told(far)]).toEqual([hexes(f), []]);
  });
});

describe('a key that lapses', () => {
  it.each([
    ['cbc', reference],
    ['ours', {}],
  ])('is announced to neighbours that speak gcm-siv, and a Leave told when it has expired (%s)', (_, greeting) => {
    const stage = make();
    const near = linked(stage, b);
    const far = linkedByCbc(stage, c, greeting);
    far.say({ kind: 'keepAlive', ...d.keepAlive(3) });
    expect([told(near), told(far)]).toEqual([['+c', '+d'], []]);
    live(stage, 20_000, [near, far]);
    expect([told(near), known(stage)]).toEqual([['+c', '+d', '−d'], hexes(b, c)]);
    far.close();
    stage.pass(1_500);
    expect([told(near), known(stage)]).toEqual([['+c', '+d', '−d', '−c'], hexes(b)]);
  });
});

describe('a thin peer', () => {
  it('as a neighbour is never known or told of', () => {
    const stage = make();
    const near = linked(stage, b);
    const thin = { thin: true, known: [e.key] };
    const remotes = [
      linked(stage, c, thin),
      stage.join(d, { ...reference, thin: true }),
      stage.join(f, { thin: true }),
    ];
    for (const remote of remotes) speak(remote);
    near.say(leave(c));
    live(stage, 10_000, [near, ...remotes]);
    expect([stage.machine.links.length, known(stage)]).toEqual([4, hexes(b)]);
    remotes[0]?.close();
    expect(told(near)).toEqual([]);
  });

  it('of ours is named by nobody: it does not answer a Leave about itself either', () => {
    const stage = make([], { config: { thin: true } });
    const near = linked(stage, b);
    near.say(leave(self));
    stage.pass(10_000);
    expect([told(near), near.greeting?.thin]).toEqual([[], true]);
  });
});

describe('candidates that have gone without a word', () => {
  /** Data waits for a block that one of two keys is to write, which were only announced. */
  function waiting(): { stage: Stage; remotes: [Remote, Remote] } {
    const root = f.block(undefined, [d.key, e.key]);
    const stage = make([root]);
    const greeting = { root: root.hash, last: root.hash, count: 1n };
    const [one, two] = [linked(stage, b, greeting), linked(stage, c, greeting)];
    for (const author of [d, e]) one.say(announce(author));
    const data = self.item();
    live(stage, 20_000, [one, two]);
    stage.handle({ kind: 'commanded', command: { kind: 'share', data, id: itemIdOf(data) } });
    for (const remote of [one, two]) remote.heard.length = 0;
    return { stage, remotes: [one, two] };
  }

  it('are told to be gone after 5 s, once and to all that believe in them', () => {
    const { stage, remotes } = waiting();
    live(stage, 4_900, remotes);
    expect(remotes.map(told)).toEqual([[], []]);
    live(stage, 200, remotes);
    expect(remotes.map(told)).toEqual([
      ['−d', '−e'],
      ['−d', '−e'],
    ]);
    expect(known(stage)).toEqual(hexes(b, c));
  });

  it('are announced again when they show that they are there', () => {
    const { stage, remotes } = waiting();
    live(stage, 5_100, remotes);
    for (const remote of remotes) remote.heard.length = 0;
    linked(stage, d);
    expect(remotes.map(told)).toEqual([['+d'], ['+d']]);
    live(stage, 60_000, remotes);
    expect(known(stage)).toContain(d.hex);
  });
});
