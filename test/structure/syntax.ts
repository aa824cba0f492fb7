/**
 * Reading TypeScript for the structure checks: syntax trees by Vite's parser, so that words in strings and comments are
 * never taken for code.
 */
import { parseSync } from 'vite';

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

export interface Source {
  readonly program: Node;
  /** The comments' texts, without their marks. */
  readonly comments: readonly { readonly value: string; readonly start: number }[];
  readonly text: string;
}

export function parse(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  return { program: program as unknown as Node, comments, text };
}

/** Calls `visit` for every node, outer ones first, with the node around it. */
export function walk(root: Node, visit: (node: Node, parent: Node | undefined) => void): void {
  const open: [Node, Node | undefined][] = [[root, undefined]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, parent] = next;
    visit(node, parent);
    for (const child of children(node).reverse()) open.push([child, node]);
  }
}

export function children(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode);
}

/** The name of an identifier, the text of a string; undefined for any other node. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.type === 'Literal' ? node['value'] : node['name'];
  return typeof name === 'string' ? name : undefined;
}

/** The line of an offset, from 1. */
export function lineAt({ text }: Source, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
