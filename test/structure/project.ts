/**
 * The project's files as the structure checks see them: every text file that git would keep, by its path.
 *
 * Walks the folders itself instead of asking git, for a released archive has no repository; of .gitignore it
 * understands what ours holds: whole folders (`name/`) and endings (`*.name`), and refuses any other line.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Text by path; paths have forward slashes and no leading one. */
export type Files = ReadonlyMap<string, string>;

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

export function projectFiles(): Files {
  const isIgnored = ignored(readFileSync(`${projectFolder}/.gitignore`, 'utf8'));
  const files = new Map<string, string>();
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(projectFolder + folder, { withFileTypes: true })) {
      const path = folder + entry.name + (entry.isDirectory() ? '/' : '');
      if (isIgnored(entry.name, entry.isDirectory())) continue;
      if (entry.isDirectory()) folders.push(path);
      else addText(files, path);
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The files of a kind: `typescript(files)`, and of those the ones below a folder. */
export function typescript(files: Files, ...folders: readonly string[]): Files {
  const chosen = [...files].filter(([path]) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  return new Map(
    folders.length === 0 ? chosen : chosen.filter(([path]) => folders.some((folder) => path.startsWith(`${folder}/`))),
  );
}

/** Whether a folder's or file's name is one that .gitignore names. */
export function ignored(gitignore: string): (name: string, isFolder: boolean) => boolean {
  const folders = new Set(['.git']);
  const endings: string[] = [];
  for (const line of gitignore.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))) {
    if (/^[\w.-]+\/$/.test(line)) folders.add(line.slice(0, -1));
    else if (/^\*\.[\w.]+$/.test(line)) endings.push(line.slice(1));
    else throw new Error(`.gitignore has a line that the structure checks do not understand: ${line}`);
  }
  // In a worktree of git, `.git` is a file.
  return (name, isFolder) =>
    isFolder || name === '.git' ? folders.has(name) : endings.some((ending) => name.endsWith(ending));
}

function addText(files: Map<string, string>, path: string): void {
  const bytes = readFileSync(projectFolder + path);
  if (!bytes.includes(0)) files.set(path, bytes.toString('utf8'));
}
