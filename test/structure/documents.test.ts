/**
 * The documents promise nothing that is not there, and each check is shown to notice it.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deadLinks, mapFaults, startCommand, testCommand, unknownScripts } from './documents.ts';
import { projectFiles, projectFolder, typescript } from './project.ts';

const files = projectFiles();
const scripts = Object.keys(JSON.parse(files.get('package.json') ?? '{}').scripts);

function page(text: string) {
  return new Map([['docs/page.md', text]]);
}

describe('the links of the documents', () => {
  it('lead somewhere', () => {
    expect(deadLinks(files, (path) => existsSync(projectFolder + path))).toEqual([]);
  });

  it('would be noticed when they do not', () => {
    const exists = (path: string) => path === 'README.md';
    const good = '[a](../README.md) [b](https://example.org) [c](#here) [d](../README.md#x)';
    expect(deadLinks(page(good), exists)).toEqual([]);
    const picture = 'docs/page.md links to picture.png, which is not there';
    expect(deadLinks(page('![a](picture.png)'), exists)).toEqual([picture]);
  });
});

describe('the commands of the documents', () => {
  it('are scripts of package.json', () => {
    expect(unknownScripts(files, scripts)).toEqual([]);
    expect(unknownScripts(page('`npm run nothing`'), scripts)).toHaveLength(1);
  });

  it('stand in the first screen of the README, and one of them is all that .ci/run runs', () => {
    const firstScreen = (files.get('README.md') ?? '').split('\n').slice(0, 40).join('\n');
    expect(firstScreen).toContain(startCommand);
    expect(firstScreen).toContain(testCommand);
    expect(files.get('.ci/run')).toContain(`'${testCommand}'`);
  });
});

describe('the map of the house', () => {
  it('shows every file outside test/', () => {
    const paths = [...typescript(files, 'core', 'web', 'relay', 'scripts').keys()];
    expect(mapFaults(files.get('CONTRIBUTING.md') ?? '', paths)).toEqual([]);
  });

  it('would be noticed when it leaves one out, or shows one that is gone', () => {
    const map = '### `core/`\n\n| `a.ts`, `b.ts` | both |\n\n### `core/x/`\n\n| `c.ts` | uses `d.ts` |';
    expect(mapFaults(map, ['core/a.ts', 'core/b.ts', 'core/x/c.ts'])).toEqual([]);
    expect(mapFaults(map, ['core/a.ts', 'core/b.ts', 'core/c.ts'])).toEqual([
      'core/c.ts is not on the map',
      'the map shows core/x/c.ts, which is not there',
    ]);
  });
});
