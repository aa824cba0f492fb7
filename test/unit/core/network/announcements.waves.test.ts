/**
 * Announce and Leave chasing each other round a circle of reference peers, which never ends by itself (spec/safety.md,
 * Leave): seeded, in virtual time, with some of ours among them.
 */
import { describe, expect, it } from 'vitest';
import { keyHex, type PublicKey, publicKeyFromHex } from '../../../../core/crypto/keys.ts';
import { type Announcement, Announcements } from '../../../../core/network/announcements.ts';
import { Members } from '../../../../core/network/members.ts';
import { Author, authors } from '../../../model/author.ts';
import { fakeCurve, fakeVerify } from '../../../model/fake-curve.ts';
import { Announcements as ReferenceAnnouncements } from '../../../model/reference/presence.ts';
import { Signer } from '../../../model/reference/signing.ts';
import { Seeded } from '../../../model/seeded.ts';
import { Agenda } from '../../../simulator/agenda.ts';

const start = 1_000_000;

interface Word {
  readonly type: 'announce' | 'leave';
  readonly pubkey: string;
}

/** One peer in the circle. Its links are called by the place of whoever is at the other end. */
interface Node {
  hear(word: Word, from: number): void;
  known(): string[];
}

interface Said extends Word {
  readonly at: number;
  readonly by: number;
}

class Circle {
  readonly agenda = new Agenda(start);
  readonly said: Said[] = [];
  readonly nodes: Node[];
  readonly #seeded: Seeded;
  /** When the last word on its way from one place to another arrives: none overtakes another. */
  readonly #arrivals = new Map<string, number>();

  constructor(seeded: Seeded, size: number, ours: ReadonlySet<number>) {
    this.#seeded = seeded;
    this.nodes = authors(size, 1 + seeded.below(1_000)).map((author, place) =>
      ours.has(place) ? new Ours(this, author, place, seeded) : new Reference(this, author, place),
    );
  }

  get size(): number {
    return this.nodes.length;
  }

  /** To both neighbours but one. */
  flood(by: number, word: Word, except: number | undefined): void {
    const { size } = this;
    for (const to of [(by + 1) % size, (by + size - 1) % size]) {
      if (to === except) continue;
      this.said.push({ ...word, at: this.agenda.now, by });
      const line = `${by} ${to}`;
      const at = Math.max(this.agenda.now + this.#seeded.between(5, 50), this.#arrivals.get(line) ?? 0);
      this.#arrivals.set(line, at);
      this.agenda.at(at, () => this.nodes[to]?.hear(word, by));
    }
  }

  /** An Announce sets out round the circle, in one direction, and a Leave after it. */
  chase(pubkey: string, place: number, clockwise: boolean, apartMs: number): void {
    const from = (place + (clockwise ? this.size - 1 : 1)) % this.size;
    this.nodes[place]?.hear({ type: 'announce', pubkey }, from);
    this.agenda.after(apartMs, () => this.nodes[place]?.hear({ type: 'leave', pubkey }, from));
  }

  /** What was said in the last so many milliseconds. */
  lately(milliseconds: number): number {
    return this.said.filter(({ at }) => at > this.agenda.now - milliseconds).length;
  }
}

class Reference implements Node {
  readonly #presence: ReferenceAnnouncements;

  constructor(circle: Circle, { secret }: Author, place: number) {
    const crypto = {
      curve: fakeCurve,
      verify: (check: Parameters<typeof fakeVerify>[0][0]) => fakeVerify([check])[0] === true,
    };
    this.#presence = new ReferenceAnnouncements({
      signer: new Signer(crypto, secret),
      crypto,
      thin: false,
      now: () => circle.agenda.now,
      flood(message, except) {
        if (message.type === 'announce' || message.type === 'leave') circle.flood(place, message, except);
      },
    });
  }

  hear(word: Word, from: number): void {
    this.#presence.heard(word, from);
  }

  known(): string[] {
    return this.#presence.known().sort();
  }
}

/** What `whereabouts.ts` does with what links without KeepAlives say, about keys that have no link here. */
class Ours implements Node {
  readonly #circle: Circle;
  readonly #place: number;
  readonly #members: Members;
  readonly #announcements: Announcements;

  constructor(circle: Circle, { key }: Author, place: number, { random }: Seeded) {
    this.#circle = circle;
    this.#place = place;
    this.#members = new Members(key, random, start);
    this.#announcements = new Announcements(key, this.#members, random);
  }

  hear({ type, pubkey }: Word, from: number): void {
    const { now } = this.#circle.agenda;
    const key = publicKeyFromHex(pubkey);
    if (type === 'announce') this.#members.announced(key, from, now);
    else this.#members.leaving(key, from, now);
    this.#advance();
  }

  known(): string[] {
    return [...this.#members.known].sort();
  }

  #advance(): void {
    const { agenda } = this.#circle;
    this.#members.elapse(agenda.now);
    this.#say(this.#announcements.changed(this.#members.takeChanges(), agenda.now));
    this.#say(this.#announcements.due(agenda.now));
    for (const { deadline } of [this.#members, this.#announcements]) {
      if (deadline !== undefined) agenda.at(deadline, () => this.#wake(deadline));
    }
  }

  #wake(at: number): void {
    if ([this.#members, this.#announcements].some(({ deadline }) => deadline !== undefined && deadline <= at))
      this.#advance();
  }

  #say(announcements: readonly Announcement[]): void {
    for (const { kind, pubkey, except } of announcements) {
      this.#circle.flood(this.#place, { type: kind, pubkey: keyHex(pubkey) }, except);
    }
  }
}

interface Scene {
  readonly seed: number;
  readonly ours: number;
  readonly forMs: number;
}

/** Three keys of nobody, each chased round the circle, some in both directions and some more than once. */
function play({ seed, ours, forMs }: Scene) {
  const seeded = new Seeded(seed);
  const size = seeded.between(6, 12);
  const places = new Set(seeded.shuffled(Array.from({ length: size }, (_, place) => place)).slice(0, ours));
  const circle = new Circle(seeded, size, places);
  const keys = [1, 2, 3].map((count) => new Author(600_000 + 10 * seed + count).key);
  for (const key of keys) {
    for (let chases = seeded.between(1, 3); chases > 0; chases--) begin(circle, key, seeded);
  }
  circle.agenda.runTo(start + forMs);
  return { circle, places, keys: keys.map(keyHex) };
}

function begin(circle: Circle, key: PublicKey, seeded: Seeded): void {
  const [place, clockwise, apartMs] = [seeded.below(circle.size), seeded.chance(0.5), seeded.between(30, 200)];
  circle.agenda.after(seeded.below(8_000), () => circle.chase(keyHex(key), place, clockwise, apartMs));
}

const minute = 60_000;
const seeds = Array.from({ length: 200 }, (_, place) => place + 1);

describe('Announce and Leave that chase each other round a circle', () => {
  it('go on for ever among reference peers', () => {
    const talking = seeds
      .slice(0, 10)
      .filter((seed) => play({ seed, ours: 0, forMs: 2 * minute }).circle.lately(1_000) > 0);
    expect(talking.length).toBeGreaterThanOrEqual(8);
  });

  it.each([1, 2, 3])('end within a minute with %i of ours in it, after a few words', (ours) => {
    for (const seed of seeds) {
      const { circle } = play({ seed, ours, forMs: 5 * minute });
      expect(circle.said.length, `seed ${seed}`).toBeGreaterThan(0);
      expect(circle.said.length, `seed ${seed}`).toBeLessThan(300);
      expect(circle.lately(4 * minute), `seed ${seed}`).toBe(0);
    }
  });

  it('make each of ours say no more than one thing about each key in 10 s', () => {
    for (const seed of seeds) {
      const { circle, places, keys } = play({ seed, ours: 2, forMs: 2 * minute });
      for (const place of places) {
        for (const key of keys) {
          const times = circle.said.filter(({ by, pubkey }) => by === place && pubkey === key).map(({ at }) => at);
          const moments = [...new Set(times)];
          moments.slice(1).forEach((at, before) => {
            expect(at - (moments[before] ?? 0), `seed ${seed}`).toBeGreaterThanOrEqual(10_000);
          });
        }
      }
    }
  });
});
