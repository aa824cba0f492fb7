/**
 * Who may import whom (design.md, The folders): the folders' rules, barrels, endings, circles.
 *
 * A type-only import counts like any other: what is tangled in its types is tangled.
 */
import { posix } from 'node:path';
import type { Files } from './project.ts';
import { isNode, lineAt, type Node, nameOf, parse, walk } from './syntax.ts';

export interface Import {
  readonly line: number;
  readonly specifier: string;
}

/** What each folder may import besides itself: other folders, and packages with all that is in them. */
interface Allowed {
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

const corePackages = ['@noble/ciphers', '@noble/hashes', '@noble/secp256k1', 'fzstd'];
const wasmPackages = ['@bokuweb/zstd-wasm', 'nostr-wasm', 'tiny-secp256k1'];

const allowed: { readonly [folder: string]: Allowed } = {
  core: { folders: [], packages: corePackages },
  web: { folders: ['core'], packages: [...corePackages, ...wasmPackages, 'idb', 'lit', 'simple-peer'] },
  relay: {
    folders: ['core'],
    packages: [...corePackages, ...wasmPackages, 'commander', 'prom-client', 'socks', 'werift-ice', 'ws', 'node:'],
  },
};

/** Imports across the folders' borders. */
export function foreignImports(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    const folder = path.split('/')[0] as string;
    const rule = allowed[folder];
    if (rule === undefined) continue;
    for (const { line, specifier } of importsOf(path, text)) {
      if (!isAllowed(path, specifier, folder, rule)) violations.push(`${path}:${line} may not import ${specifier}`);
    }
  }
  return violations;
}

/** Relative imports that do not name the file as it is. */
export function bareEndings(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    for (const { line, specifier } of importsOf(path, text)) {
      if (isRelative(specifier) && !/\.(?:ts|css|json)$/.test(withoutQuery(specifier))) {
        violations.push(`${path}:${line} imports ${specifier} without its ending`);
      }
    }
  }
  return violations;
}

/** Files that pass on what others export: every name has one home. Types may be passed on beside something own. */
export function barrels(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    const body = parse(path, text).program['body'] as Node[];
    const passesOn = body.filter((node) => node.type.startsWith('Export') && isNode(node['source']));
    const own = body.filter((node) => node.type !== 'ImportDeclaration' && !passesOn.includes(node));
    if (passesOn.some((node) => node['exportKind'] === 'value')) violations.push(`${path} exports what is another’s`);
    else if (passesOn.length > 0 && own.length === 0) violations.push(`${path} holds nothing of its own`);
  }
  return violations;
}

/** Each circle of imports once, as the paths along it. */
export function circles(files: Files): string[] {
  const graph = new Map<string, string[]>();
  for (const [path, text] of files) {
    const targets = importsOf(path, text).filter(({ specifier }) => isRelative(specifier));
    graph.set(
      path,
      targets.map(({ specifier }) => resolved(path, specifier)),
    );
  }
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const follow = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) follow(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) follow(path);
  return found;
}

/** Static and dynamic imports, re-exports, import types and files named for a worker. */
export function importsOf(path: string, text: string): Import[] {
  const source = parse(path, text);
  const imports: Import[] = [];
  walk(source.program, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push({ line: lineAt(source, node.start), specifier });
  });
  return imports;
}

function specifierOf(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return nameOf(node['source']);
    case 'NewExpression': {
      const [first] = node['arguments'] as Node[];
      const file = nameOf(node['callee']) === 'URL' ? nameOf(first) : undefined;
      return file?.endsWith('.ts') && isRelative(file) ? file : undefined;
    }
    default:
      return undefined;
  }
}

function isAllowed(path: string, specifier: string, folder: string, { folders, packages }: Allowed): boolean {
  if (isRelative(specifier)) return [folder, ...folders].includes(resolved(path, specifier).split('/')[0] as string);
  return packages.some((name) => specifier === name || specifier.startsWith(name.endsWith(':') ? name : `${name}/`));
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

function resolved(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), withoutQuery(specifier));
}

function withoutQuery(specifier: string): string {
  return specifier.replace(/\?.*$/, '');
}
