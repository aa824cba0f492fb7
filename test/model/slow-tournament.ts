/**
 * A tournament told from its history: at every question all that happened is gone through again, and the winner is looked
 * for in a tree with every leaf in its place.
 *
 * The twin of core/authoring/highlander.ts, written from spec/wire.md (Highlander) in strings and words.
 */

export type Happening =
  | { readonly kind: 'joined'; readonly keys: readonly string[] }
  | { readonly kind: 'left'; readonly key: string }
  | { readonly kind: 'played'; readonly key: string; readonly values: readonly number[]; readonly holds: boolean };

export interface Standings {
  /** Keys without a game, sorted. */
  readonly missing: readonly string[];
  readonly winner: string | undefined;
}

interface Played {
  readonly key: string;
  readonly values: readonly number[];
}

const names = ['rock', 'paper', 'scissors'];
const beats = new Map([
  ['rock', 'scissors'],
  ['paper', 'rock'],
  ['scissors', 'paper'],
]);

export function slowTournament(history: readonly Happening[]): Standings {
  let roster: string[] = [];
  let games: Played[] = [];
  for (const event of history) {
    if (event.kind === 'joined') roster = [...new Set([...roster, ...event.keys])];
    if (event.kind === 'left') roster = roster.filter((key) => key !== event.key);
    if (event.kind === 'played' && event.holds) {
      const isFirst = games.every(({ key }) => key !== event.key);
      if (isFirst && event.values.every((value) => value in names)) games = [...games, event];
    }
    games = games.filter(({ key, values }) => roster.includes(key) && values.length === height(roster.length));
  }
  const missing = roster.filter((key) => games.every((game) => game.key !== key)).sort();
  return { missing, winner: missing.length > 0 ? undefined : winnerOf(games) };
}

function winnerOf(games: readonly Played[]): string | undefined {
  const leaves: (Played | undefined)[] = games.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const levels = height(leaves.length);
  while (leaves.length < 2 ** levels) leaves.push(undefined);
  return best(leaves, levels)?.key;
}

/** Of the half below each branch the best one, then of those two. @param levels of branches above the leaves */
function best(leaves: readonly (Played | undefined)[], levels: number): Played | undefined {
  if (levels === 0) return leaves[0];
  const middle = leaves.length / 2;
  const [left, right] = [best(leaves.slice(0, middle), levels - 1), best(leaves.slice(middle), levels - 1)];
  if (left === undefined || right === undefined) return left ?? right;
  const [shownLeft, shownRight] = [left, right].map(({ values }) => names[values[levels - 1] as number] as string);
  if (shownLeft === shownRight) return left.key > right.key ? left : right;
  return beats.get(shownLeft as string) === shownRight ? left : right;
}

/** The fewest levels of branches that have a leaf for each. */
function height(leaves: number): number {
  let levels = 0;
  while (2 ** levels < leaves) levels++;
  return levels;
}
