import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../relay/metrics.ts';
import { Operations } from '../../../relay/operations.ts';
import type { MetricsAudience } from '../../../relay/settings/access.ts';

const here = { from: '127.0.0.1:4711', host: '127.0.0.1:8080', passedOn: false };

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

/** What is answered at a path; undefined when it is none of these. */
async function answer(
  path: string,
  { asker = here, audience = 'loopback' as MetricsAudience, trouble = undefined as string | undefined } = {},
): Promise<Answer | undefined> {
  let [status, type, body] = [0, undefined as string | undefined, ''];
  const response = {
    writeHead(code: number, headers: Record<string, string>) {
      [status, type] = [code, headers['Content-Type']];
      return this;
    },
    end(text: string) {
      body = text;
    },
  };
  const metrics = new Metrics();
  metrics.counter('asked_total', 'Asked', [])();
  const operations = new Operations(metrics, audience, () => trouble);
  const isOurs = await operations.answer(path, asker, response as unknown as ServerResponse);
  return isOurs ? { status, type, body } : undefined;
}

describe('/healthz', () => {
  it('says that all is well, to everybody', async () => {
    const asker = { ...here, from: '192.0.2.1:5', host: 'relay.example' };
    expect(await answer('/healthz', { asker })).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('says what is not', async () => {
    expect(await answer('/healthz', { trouble: 'the disk is gone' })).toMatchObject({
      status: 503,
      body: 'the disk is gone\n',
    });
  });
});

describe('/metrics', () => {
  it.each([
    here,
    { ...here, from: '127.0.0.1:4711', host: 'localhost:8080' },
    { ...here, from: '[::1]:4711', host: '[::1]:8080' },
  ])('is shown to this machine: %j', async (asker) => {
    const shown = await answer('/metrics', { asker });
    expect(shown).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(shown?.body).toContain('\nmccloud_asked_total 1\n');
  });

  it.each([
    ['another machine', { ...here, from: '192.0.2.1:4711', host: '192.0.2.7:8080' }],
    ['another machine that says it is here', { ...here, from: '192.0.2.1:4711', host: 'localhost' }],
    ['whoever comes by a proxy on this machine', { ...here, from: '127.0.0.1:4711', host: 'relay.example' }],
    ['a page whose name leads here', { ...here, from: '127.0.0.1:4711', host: 'evil.example:8080' }],
    ['whoever comes by a proxy that calls it by its own name', { ...here, passedOn: true }],
    ['nobody knows whom', { ...here, from: 'x', host: '' }],
  ])('is refused to %s, and shown when it is for all', async (_, asker) => {
    const refused = await answer('/metrics', { asker });
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('--metrics loopback') });
    expect(await answer('/metrics', { asker, audience: 'all' })).toMatchObject({ status: 200 });
  });

  it('is shown to nobody when it is for nobody', async () => {
    expect(await answer('/metrics', { audience: 'none' })).toMatchObject({ status: 403 });
  });
});

it('answers nothing else', async () => {
  for (const path of ['/', '/metrics/', '/healthz/x', '/Metrics']) expect(await answer(path)).toBeUndefined();
});
