import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../relay/metrics.ts';

/** The lines of one metric, without its help. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(`mccloud_${name}`));
}

describe('Metrics', () => {
  it('reads a gauge each time it is asked, and forgets labels that are gone', async () => {
    const metrics = new Metrics();
    const rooms = new Map([
      ['main', 3],
      ['other', 0],
    ]);
    metrics.gauge('members', 'Tabs', ['network'], () => [...rooms].map(([network, count]) => [{ network }, count]));
    expect(await linesOf(metrics, 'members')).toEqual([
      'mccloud_members{network="main"} 3',
      'mccloud_members{network="other"} 0',
    ]);
    rooms.delete('main');
    rooms.set('other', 5);
    expect(await linesOf(metrics, 'members')).toEqual(['mccloud_members{network="other"} 5']);
    expect(await metrics.text()).toContain('# HELP mccloud_members Tabs\n# TYPE mccloud_members gauge\n');
  });

  it('counts, and shows a counter without labels from the beginning', async () => {
    const metrics = new Metrics();
    const all = metrics.counter('all_total', 'All', []);
    const some = metrics.counter('some_total', 'Some', ['code']);
    expect(await linesOf(metrics, 'all_total')).toEqual(['mccloud_all_total 0']);
    all();
    some({ code: 'a' });
    some({ code: 'a' }, 4);
    some({ code: 'say "b"\n' });
    expect(await linesOf(metrics, 'all_total')).toEqual(['mccloud_all_total 1']);
    expect(await linesOf(metrics, 'some_total')).toEqual([
      'mccloud_some_total{code="a"} 5',
      'mccloud_some_total{code="say \\"b\\"\\n"} 1',
    ]);
  });

  it('tells of the process, the same to all', async () => {
    const [one, two] = [new Metrics(), new Metrics()];
    one.gauge('own', 'Own', [], () => [[{}, 1]]);
    for (const metrics of [one, two]) {
      expect(await linesOf(metrics, 'process_resident_memory_bytes')).toHaveLength(1);
      expect((await linesOf(metrics, 'nodejs_eventloop_lag_seconds')).length).toBeGreaterThan(0);
    }
    expect(await linesOf(two, 'own')).toEqual([]);
  });

  it('is in the format it says it is, every line', async () => {
    const metrics = new Metrics();
    metrics.counter('all_total', 'All', [])();
    expect(metrics.contentType).toContain('text/plain; version=0.0.4');
    const text = await metrics.text();
    expect(text).toMatch(/\n$/);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) mccloud_\w+ .+|mccloud_\w+(?:\{.*\})? (?:-?[\d.e+-]+|Nan)|)$/);
    }
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
