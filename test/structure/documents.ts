/**
 * What the documents promise about the project itself: that what they link to is there, and that their commands are the
 * ones that run.
 */
import { posix } from 'node:path';
import type { Files } from './project.ts';

/** What a newcomer types to check everything; `.ci/run` must do exactly that. */
export const testCommand = 'npm ci && npm test';
export const startCommand = 'npm ci && npm start';

/** Links of Markdown pages to files that are not there. @param exists also for what is no text, a picture */
export function deadLinks(files: Files, exists: (path: string) => boolean): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    if (!path.endsWith('.md')) continue;
    for (const target of linksOf(text)) {
      const file = posix.join(posix.dirname(path), target);
      if (!exists(file)) violations.push(`${path} links to ${target}, which is not there`);
    }
  }
  return violations;
}

/** Commands `npm run <name>` in Markdown pages that package.json does not have. */
export function unknownScripts(files: Files, scripts: readonly string[]): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    if (!path.endsWith('.md')) continue;
    for (const [, name = ''] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
      if (!scripts.includes(name)) violations.push(`${path} names npm run ${name}, which is not there`);
    }
  }
  return violations;
}

/** Targets inside the project, without their anchors. */
function linksOf(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*$/, ''));
  return targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

/**
 * Files that the map in CONTRIBUTING.md leaves out, and lines of it whose file is gone. A heading names a folder
 * (`### core/wire/`), the table below it the folder's files (`| frame.ts | …`).
 */
export function mapFaults(map: string, paths: readonly string[]): string[] {
  const mapped = new Set<string>();
  let folder = '';
  for (const line of map.split('\n')) {
    folder = /^### `(\S+\/)`$/.exec(line)?.[1] ?? folder;
    const names = /^\| (`[^|]*`) \|/.exec(line)?.[1] ?? '';
    for (const [, name = ''] of names.matchAll(/`([\w.-]+\.ts)`/g)) mapped.add(folder + name);
  }
  return [
    ...paths.filter((path) => !mapped.has(path)).map((path) => `${path} is not on the map`),
    ...[...mapped].filter((path) => !paths.includes(path)).map((path) => `the map shows ${path}, which is not there`),
  ];
}
