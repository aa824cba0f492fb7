/**
 * The guide to running a relay, held against the relay: it names every flag, variable, default and number; and
 * so are the unit and the Dockerfile that it speaks of.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Option } from 'commander';
import { expect, it } from 'vitest';
import { logsUpTo } from '../../../relay/log.ts';
import { measure } from '../../../relay/measures.ts';
import { Metrics } from '../../../relay/metrics.ts';
import { Refusals } from '../../../relay/refusals.ts';
import { relayCommand } from '../../../relay/settings.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const guide = await readFile(`${project}/docs/guide/relay.md`, 'utf8');

/** The cells of each row of the guide's tables whose first one begins so. */
function rows(beginning: string): string[][] {
  const lines = guide.split('\n').filter((line) => line.startsWith(`| \`${beginning}`));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function defaultOf({ defaultValue, defaultValueDescription }: Option): string | undefined {
  return defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue));
}

it('names every flag with its variable and its default, and no other', () => {
  const { options } = relayCommand();
  const documented = new Map(rows('--').map(([flag = '', ...rest]) => [flag, rest]));
  expect([...documented.keys()]).toEqual(options.map(({ long }) => `\`${long}\``));
  for (const option of options) {
    const [variable, value = ''] = documented.get(`\`${option.long}\``) ?? [];
    expect(variable).toBe(`\`${option.envVar}\``);
    const expected = defaultOf(option);
    if (expected !== undefined && value !== '') expect(expected, option.long).toContain(value.replaceAll('`', ''));
    if (value === '') expect([undefined, 'true'], option.long).toContain(expected);
  }
});

it('names every number of the relay, and no other', async () => {
  const metrics = new Metrics();
  new Refusals(
    logsUpTo('error', () => undefined),
    metrics,
  );
  const server = { sockets: { signal: 0 }, connections: 0 };
  const peer = { status: { height: 0 }, known: new Set(), connected: new Set() };
  const archives = new Map([['main', { peer, failure: undefined }]]) as never;
  const bridge = { figures: { connections: 0, ports: 0 } };
  measure(metrics, { server, signaling: { members: () => [['main', 0]] }, archives, bridge });
  metrics.counter('signals_passed_total', 'As the relay has it', ['network']);
  const own = [...(await metrics.text()).matchAll(/^# TYPE (mccloud_(?!process_|nodejs_)\w+)/gm)].map(
    ([, name]) => name,
  );
  const documented = rows('mccloud_').map(([name = '']) => name.replaceAll('`', ''));
  expect(documented.filter((name) => !name.includes('…')).sort()).toEqual(own.sort());
});

it('has a unit and a Dockerfile beside it that run what it says', async () => {
  const unit = await readFile(`${project}/deploy/mccloud.service`, 'utf8');
  for (const line of ['DynamicUser=yes', 'StateDirectory=mccloud', 'LimitNOFILE=65536', 'NoNewPrivileges=yes'])
    expect(unit.split('\n')).toContain(line);
  expect(unit).toMatch(/^ExecStart=\/usr\/bin\/node \/opt\/mccloud\/dist\/relay\/main\.js$/m);
  expect(unit).toMatch(/^ExecReload=.*kill -HUP \$MAINPID$/m);
  const dockerfile = await readFile(`${project}/Dockerfile`, 'utf8');
  expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "dist\/relay\/main\.js"\]$/m);
  expect(dockerfile).toMatch(/^USER node$/m);
  const variables = relayCommand().options.map(({ envVar }) => envVar);
  for (const text of [unit, dockerfile, guide])
    for (const [variable] of text.matchAll(/MCCLOUD_[A-Z_]+/g)) expect(variables).toContain(variable);
});
