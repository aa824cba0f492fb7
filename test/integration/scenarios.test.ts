/**
 * The reference's own tests, played by Node peers of ours on real sockets, in both dialects (spec/scenarios.md).
 *
 * What a scenario says must hold, every time. Its deadlines are of an idle machine: one that is missed is played again,
 * for a busy moment of the machine is no fault, and one that is missed three times is.
 */
import { describe, expect, it } from 'vitest';
import type { DialectName } from '../../core/wire/dialect.ts';
import { type Scenario, scenarios, type Timed } from './scenarios/scenarios.ts';
import { Stage } from './scenarios/stage.ts';

const mostPlays = 3;
/** Of all plays of one scenario, on a machine that does much else. */
const wholeMs = 300_000;

describe.each<DialectName>(['gcm-siv', 'cbc'])('in %s', (wire) => {
  it.each(Object.entries(scenarios))(
    '%s',
    async (_, scenario) => {
      let late: readonly Timed[] = [];
      for (let plays = 0; plays < mostPlays; plays++) {
        late = (await played(wire, scenario)).filter(({ tookMs, mostMs }) => tookMs > mostMs);
        if (late.length === 0) return;
      }
      expect(late).toEqual([]);
    },
    wholeMs,
  );
});

async function played(wire: DialectName, scenario: Scenario): Promise<readonly Timed[]> {
  const stage = await Stage.open(wire);
  try {
    return await scenario(stage);
  } finally {
    await stage.close();
  }
}
