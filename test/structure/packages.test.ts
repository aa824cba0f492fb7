/**
 * The lock is whole, and the check is shown to notice one that is not.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Lock, lockFaults } from './packages.ts';
import { projectFolder } from './project.ts';

describe('package-lock.json', () => {
  it('holds every dependency for every platform, from the public registry', () => {
    const lock = JSON.parse(readFileSync(`${projectFolder}/package-lock.json`, 'utf8')) as Lock;
    expect(Object.keys(lock.packages).length).toBeGreaterThan(50);
    expect(lockFaults(lock)).toEqual([]);
  });

  it('would be noticed when it lacks one', () => {
    const packages = {
      '': { devDependencies: { tool: '1' } },
      'node_modules/tool': { optionalDependencies: { 'tool-linux': '1', 'tool-darwin': '1' } },
      'node_modules/tool-linux': {},
    };
    expect(lockFaults({ packages })).toEqual(['node_modules/tool lacks tool-darwin']);
  });

  it('may hold a dependency inside the package that wants it, or beside it', () => {
    const packages = {
      'node_modules/a': { dependencies: { b: '1' } },
      'node_modules/a/node_modules/b': { dependencies: { c: '1', d: '1' } },
      'node_modules/a/node_modules/c': {},
      'node_modules/d': {},
    };
    expect(lockFaults({ packages })).toEqual([]);
  });

  it('would be noticed when a package comes from elsewhere', () => {
    const packages = { 'node_modules/a': { resolved: 'https://mirror.example/a.tgz' } };
    expect(lockFaults({ packages })).toHaveLength(1);
  });
});
