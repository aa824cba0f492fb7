/**
 * `npm run bench -- scenarios [runs] [dialect]`: the reference's own tests of up to five peers on real sockets, again and
 * again (issue 4: 50 runs of each without a failure). Exit code 1 when one failed.
 *
 * A run fails when something did not hold. Deadlines that were missed are counted apart: they are of an idle machine.
 */
import type { DialectName } from '../../core/wire/dialect.ts';
import { scenarios } from '../integration/scenarios/scenarios.ts';
import { Stage } from '../integration/scenarios/stage.ts';

const large = new Set(['mass_line_20']);

export async function run(args: readonly string[]): Promise<void> {
  const runs = Number(args[0] ?? 50);
  const wires = args[1] === undefined ? (['gcm-siv', 'cbc'] as const) : [args[1] as DialectName];
  for (const wire of wires) {
    for (const [name, scenario] of Object.entries(scenarios).filter(([name]) => !large.has(name))) {
      let [failed, late] = [0, 0];
      for (let i = 0; i < runs; i++) {
        const stage = await Stage.open(wire);
        try {
          if ((await scenario(stage)).some(({ tookMs, mostMs }) => tookMs > mostMs)) late++;
        } catch (error) {
          failed++;
          console.log(`  ${name}, run ${i + 1}: ${String(error)}`);
        } finally {
          await stage.close();
        }
      }
      console.log(`${wire} ${name.padEnd(18)} ${runs} runs, ${failed} failed, ${late} past a deadline`);
      if (failed > 0) process.exitCode = 1;
    }
  }
}
