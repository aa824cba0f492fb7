/**
 * What the core must do without: clocks, timers, sockets, storage, randomness, DOM, Node (design.md, The folders).
 *
 * The compiler refuses most of it already, for core/ is compiled without types of a platform. This check also finds what
 * every platform has (`Date`, `Math.random`, `globalThis`), and values that somebody declared to get around the compiler.
 */
import type { Files } from './project.ts';
import { children, lineAt, type Node, nameOf, parse, walk } from './syntax.ts';

/** Never, not even as a local name. */
const platform = new Set([
  ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'],
  ...['queueMicrotask', 'requestAnimationFrame', 'requestIdleCallback'],
  ...['crypto', 'fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'RTCPeerConnection', 'BroadcastChannel'],
  ...['indexedDB', 'localStorage', 'sessionStorage', 'globalThis', 'navigator', 'SharedWorker', 'WebAssembly'],
  ...['process', 'Buffer', 'console', 'eval'],
]);

/** The host may await (design.md, core), with what drives the machine and reads blocks for it; stores are asynchronous. */
const mayAwait = /^core\/(?:(?:host|driver|reading)\.ts|storage\/)/;

/** Uses of a platform by their names. */
export function impurities(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    const source = parse(path, text);
    walk(source.program, (node, parent) => {
      const place = `${path}:${lineAt(source, node.start)}`;
      if (isPlatform(node, parent)) violations.push(`${place} uses ${nameOf(node)}`);
      if (isMathRandom(node, parent)) violations.push(`${place} uses Math.random`);
      if (isDeclared(node)) violations.push(`${place} declares what it does not have`);
    });
  }
  return violations;
}

/** Places that wait, in machines that must not. */
export function waits(files: Files): string[] {
  const violations: string[] = [];
  for (const [path, text] of files) {
    if (mayAwait.test(path)) continue;
    const source = parse(path, text);
    walk(source.program, (node) => {
      const waiting = node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'] === true);
      if (waiting) violations.push(`${path}:${lineAt(source, node.start)} waits`);
    });
  }
  return violations;
}

/** A shorthand property's one word is a label and a value, two nodes at one place: it counts once, as the value. */
function isPlatform(node: Node, parent: Node | undefined): boolean {
  return node.type === 'Identifier' && platform.has(nameOf(node) ?? '') && !isLabelOf(node, parent);
}

/** `declare const window: …`; a `unique symbol`, which only brands types, is nothing to have. */
function isDeclared(node: Node): boolean {
  if (node['declare'] !== true || node.type === 'TSTypeAliasDeclaration' || node.type === 'TSInterfaceDeclaration') {
    return false;
  }
  let isBrand = false;
  walk(node, (inner) => {
    isBrand ||= inner.type === 'TSTypeOperator' && inner['operator'] === 'unique';
  });
  return !isBrand;
}

/** Whether the identifier only labels a member (`x.Date`, `{ Date: 1 }`) and names nothing by itself. */
function isLabelOf(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined || parent['computed'] === true) return false;
  if (parent.type === 'MemberExpression') return parent['property'] === node;
  if (parent.type === 'ImportSpecifier') return parent['local'] !== node;
  if (parent.type === 'ExportSpecifier') return parent['exported'] === node && parent['local'] !== node;
  if (parent.type === 'TSQualifiedName') return parent['right'] === node;
  return parent['key'] === node;
}

/** `Math` may only be used for a member that is written out and is not `random`. */
function isMathRandom(node: Node, parent: Node | undefined): boolean {
  if (nameOf(node) !== 'Math' || node.type !== 'Identifier' || isLabelOf(node, parent)) return false;
  if (parent?.type !== 'MemberExpression' || parent['computed'] === true) return true;
  const [, member] = children(parent);
  return nameOf(member) === 'random';
}
