/**
 * `npm run bench -- line [count] [dialect] [runs]`: a line of Node peers on real TCP sockets in one process, each dialling
 * the one before it, 50 ms apart; the second shares an item (spec/scenarios.md, mass_line).
 *
 * Each run is a process of its own, so that its peak memory is its own. Share → block ends when every peer holds it.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { printTimes } from './support/figures.ts';

interface LineRun {
  readonly knownMs: number;
  readonly blockMs: number;
  readonly wholeMs: number;
  readonly peakBytes: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const [count = '20', dialect, runs = '5'] = args;
  for (const wire of dialect === undefined ? ['cbc', 'gcm-siv'] : [dialect]) {
    const results: LineRun[] = [];
    for (let i = 0; i < Number(runs); i++) results.push(await one(count, wire));
    console.log(`a line of ${count} peers, ${wire}`);
    const times = (of: (run: LineRun) => number) => results.map(of);
    printTimes(
      'last dial → each knows all others',
      times(({ knownMs }) => knownMs),
      'mark: 2,000 ms',
    );
    printTimes(
      'share → in a block on all',
      times(({ blockMs }) => blockMs),
      'reference 1,500–2,200 ms',
    );
    printTimes(
      'the whole run',
      times(({ wholeMs }) => wholeMs),
      'no mark',
    );
    const peak = Math.max(...times(({ peakBytes }) => peakBytes));
    console.log(`peak memory ${(peak / 1e6).toFixed(0)} MB (reference 150–170 MB)`);
  }
}

function one(count: string, wire: string): Promise<LineRun> {
  const script = fileURLToPath(new URL('support/line-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, count, wire], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (text) => {
      printed += String(text);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(printed) as LineRun);
      else reject(new Error(`a line of ${count} peers ended with ${code}`));
    });
  });
}
