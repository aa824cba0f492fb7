/**
 * As much of Vitest as the contract suites use, for running them inside a page: test/browser/platform/serve.ts puts this
 * file in the place of `vitest`.
 *
 * A suite is registered by importing the file that calls `describe`, and run by `runSuite`. What the contracts do not
 * use is not here, so that a matcher nobody thought of fails loudly instead of passing.
 */

export interface CaseResult {
  readonly name: string;
  /** Undefined when it passed. */
  readonly error: string | undefined;
}

type Body<Args extends readonly unknown[] = []> = (...args: Args) => unknown;

interface Scope {
  readonly name: string;
  readonly outer: Scope | undefined;
  readonly before: Body[];
  readonly after: Body[];
}

interface Case {
  readonly name: string;
  readonly scope: Scope | undefined;
  readonly body: Body;
}

let scope: Scope | undefined;
const cases: Case[] = [];

export function describe(name: string, register: () => void): void {
  const outer = scope;
  scope = { name, outer, before: [], after: [] };
  register();
  scope = outer;
}

export function beforeEach(body: Body): void {
  scope?.before.push(body);
}

export function afterEach(body: Body): void {
  scope?.after.push(body);
}

export function it(name: string, body: Body): void {
  cases.push({ name: [...scopesOf(scope).map((outer) => outer.name), name].join(' › '), scope, body });
}

it.each =
  <Row>(rows: readonly Row[]) =>
  (name: string, body: Body<[Row]>): void => {
    for (const row of rows) it(name.replace('%s', String(row)), () => body(row));
  };

/** Runs what was registered, one after the other. */
export async function runSuite(): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { name, scope: own, body } of cases.splice(0)) results.push({ name, error: await failureOf(own, body) });
  return results;
}

export function expect(actual: unknown) {
  return {
    toBe: (expected: unknown) => assert(Object.is(actual, expected), actual, 'to be', expected),
    toBeUndefined: () => assert(actual === undefined, actual, 'to be', undefined),
    toEqual: (expected: unknown) => assert(shown(actual) === shown(expected), actual, 'to equal', expected),
    toHaveLength: (length: number) => {
      const found = (actual as { readonly length: number }).length;
      assert(found === length, found, 'to be the length', length);
    },
    rejects: { toMatchObject: (expected: object) => rejects(actual as Promise<unknown>, expected) },
  };
}

export const vi = {
  async waitFor(check: () => void, { timeout, interval }: { readonly timeout: number; readonly interval: number }) {
    const end = performance.now() + timeout;
    for (;;) {
      try {
        check();
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, interval));
    }
  },
};

/** What went wrong first. The cleaning is done whatever happened, or one failure would bring the next. */
async function failureOf(own: Scope | undefined, body: Body): Promise<string | undefined> {
  const scopes = scopesOf(own);
  const prepared = await failureIn([...scopes.flatMap(({ before }) => before), body]);
  const cleaned = await failureIn(scopes.toReversed().flatMap(({ after }) => after));
  return prepared ?? cleaned;
}

async function failureIn(steps: readonly Body[]): Promise<string | undefined> {
  try {
    for (const step of steps) await step();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
  }
}

/** Outermost first. */
function scopesOf(own: Scope | undefined): Scope[] {
  return own === undefined ? [] : [...scopesOf(own.outer), own];
}

async function rejects(promise: Promise<unknown>, expected: object): Promise<void> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error as Record<string, unknown>,
  );
  for (const [name, value] of Object.entries(expected))
    assert(outcome?.[name] === value, outcome, 'to match', expected);
}

function assert(holds: boolean, actual: unknown, relation: string, expected: unknown): void {
  if (!holds) throw new Error(`expected ${shown(actual)} ${relation} ${shown(expected)}`);
}

/** Equal values and only those look the same, undefined in its place included. */
function shown(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (part === undefined) return 'undefined!';
      if (part instanceof Uint8Array) return `bytes ${[...part].join(' ')}`;
      return part;
    }) ?? 'undefined!'
  );
}
