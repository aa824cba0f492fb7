/**
 * Every file with something to run is tested somewhere, and the check is shown to notice one that is not.
 */
import { describe, expect, it } from 'vitest';
import { type Exceptions, needlessExceptions, orphans, withoutMirror } from './mirrors.ts';
import { projectFiles, typescript } from './project.ts';

const files = typescript(projectFiles());

/** Files whose tests stand elsewhere, with the reason. */
const drawn = { test: 'test/browser/element/element.spec.ts', because: 'it is seen only where it is drawn' };
const used = { test: 'test/browser/element/use.spec.ts', because: 'it is the DOM that it answers to' };
const platform = 'test/browser/platform/platform.spec.ts';
const calls = { test: platform, because: 'only a browser has data channels' };
const indexedDb = { test: 'test/unit/web/store/indexeddb.test.ts', because: 'it is a part of the store there' };
const bridge = { test: 'test/unit/relay/bridge/bridge.test.ts', because: 'it is seen only between a tab and a peer' };
const tree = { test: 'test/unit/core/chain/tree.test.ts', because: 'it is a part of the tree' };
const catchUp = { test: 'test/unit/core/catch-up.test.ts', because: 'it is seen where a long branch is met' };
const exceptions: Exceptions = {
  'relay/bridge/carrying.ts': bridge,
  'relay/bridge/refusal.ts': bridge,
  'relay/bridge/visitor.ts': bridge,
  'web/links/bridge-door.ts': { test: 'test/unit/web/links/bridge.test.ts', because: 'it is the way there' },
  'web/links/websocket-link.ts': {
    test: 'test/unit/web/links/websocket.test.ts',
    because: 'it is what is dialled there',
  },
  'relay/cli/main.ts': { test: 'test/integration/cli.test.ts', because: 'it is a process' },
  'relay/cli/terminal.ts': { test: 'test/integration/cli.test.ts', because: 'it is what a process has' },
  'relay/control/errors.ts': { test: 'test/unit/relay/control/client.test.ts', because: 'it is nothing but a class' },
  'relay/health.ts': { test: 'test/integration/relay-operations.test.ts', because: 'it is a process' },
  'relay/main.ts': { test: 'test/integration/relay.test.ts', because: 'it is a process' },
  'web/links/connection.ts': calls,
  'web/links/rtc-link.ts': calls,
  'web/links/webrtc.ts': calls,
  'web/links/simple-peer/buffer.ts': calls,
  'web/links/simple-peer/debug.ts': calls,
  'web/links/simple-peer/randombytes.ts': calls,
  'web/page-services.ts': { test: platform, because: 'it is what the page’s workers and WASM are to it' },
  'web/platform.ts': { test: platform, because: 'it joins the parts of a tab' },
  'web/store/database.ts': indexedDb,
  'web/store/records.ts': indexedDb,
  'web/store/schema.ts': indexedDb,
  'web/verifier/worker.ts': { test: platform, because: 'it is a worker' },
  'web/wasm/': { test: platform, because: 'it fetches, and waits for paint' },
  'core/chain/bodies.ts': catchUp,
  'core/chain/depths.ts': catchUp,
  'core/chain/forks.ts': tree,
  'core/chain/node.ts': tree,
  'core/chain/side-blocks.ts': tree,
  'core/chain/support.ts': tree,
  'core/differences.ts': { test: 'test/simulator/partition.test.ts', because: 'it takes peers that hold unlike trees' },
  'core/other-bodies.ts': {
    test: 'test/unit/core/catch-up.recut.test.ts',
    because: 'it is seen where two bodies meet',
  },
  'core/network/open-link.ts': { test: 'test/unit/core/network/links.test.ts', because: 'it is the data of links' },
  'core/root-contest.ts': { test: 'test/unit/core/catch-up.test.ts', because: 'it takes two peers with a root each' },
  'core/storage/store.ts': {
    test: 'test/contract/store.ts',
    because: 'it is a seam; what holds of every store is there',
  },
  'core/wire/framing.ts': {
    test: 'test/unit/core/wire/frame.test.ts',
    because: 'it is a seam; what holds of both dialects is there',
  },
  'web/main.ts': { test: 'test/browser/element/page.spec.ts', because: 'it is the page’s own script' },
  'web/element/mccloud-peer.ts': { test: 'test/browser/network/embed.spec.ts', because: 'it joins element and peer' },
  'web/element/peer-element.ts': used,
  'web/element/peer-screen.ts': drawn,
  'web/element/copying.ts': drawn,
  'web/element/styles/': drawn,
  'web/element/views/': drawn,
};

function made(...paths: readonly string[]) {
  return new Map(paths.map((path) => [path, 'export const a = 1;']));
}

describe('every file with something to run', () => {
  it('has a unit test at its path, or one named elsewhere', () => {
    expect(withoutMirror(files, exceptions)).toEqual([]);
  });

  it('would be noticed without one', () => {
    expect(withoutMirror(made('core/x/a.ts'), {})).toEqual(['core/x/a.ts has no test/unit/core/x/a.test.ts']);
    expect(withoutMirror(made('core/x/a.ts', 'test/unit/core/x/a.test.ts'), {})).toEqual([]);
  });

  it('may be tested elsewhere only where there is a test', () => {
    const elsewhere = { 'web/a.ts': { test: 'test/browser/a.spec.ts', because: 'it needs a page' } };
    expect(withoutMirror(made('web/a.ts', 'test/browser/a.spec.ts'), elsewhere)).toEqual([]);
    expect(withoutMirror(made('web/a.ts'), elsewhere)).toHaveLength(1);
  });

  it('may be tested elsewhere with all of its folder', () => {
    const elsewhere = { 'web/x/': { test: 'test/browser/a.spec.ts', because: 'it needs a page' } };
    expect(withoutMirror(made('web/x/a.ts', 'web/x/b.ts', 'test/browser/a.spec.ts'), elsewhere)).toEqual([]);
    expect(withoutMirror(made('web/x/y/a.ts', 'test/browser/a.spec.ts'), elsewhere)).toHaveLength(1);
  });

  it.each([
    ['export interface A { a: 1 }\ntype B = A;\nexport type { B };', 0],
    ['export type A = 1;\ndeclare global {\n  interface X {}\n}', 0],
    ["import type { X } from './x.ts';\nexport type A = X;", 0],
    ['export interface A {}\nexport const most = 3;', 1],
    ['export type A = 1;\nexport function f() {}', 1],
  ])('is not a file of types: %j', (text, violations) => {
    expect(withoutMirror(new Map([['core/a.ts', text]]), {})).toHaveLength(violations);
  });
});

describe('the list of exceptions', () => {
  it('holds only what is needed', () => {
    expect(needlessExceptions(files, exceptions)).toEqual([]);
  });

  it('would be noticed when a file is gone or has its mirror', () => {
    const elsewhere = { test: 'test/browser/a.spec.ts', because: 'it needs a page' };
    const both = { 'web/a.ts': elsewhere, 'web/gone.ts': elsewhere };
    expect(needlessExceptions(made('web/a.ts', 'test/unit/web/a.test.ts'), both)).toEqual(['web/a.ts', 'web/gone.ts']);
    expect(needlessExceptions(made('web/x/a.ts', 'test/unit/web/x/a.test.ts'), { 'web/x/': elsewhere })).toHaveLength(
      1,
    );
    expect(needlessExceptions(made('web/x/a.ts'), { 'web/x/': elsewhere })).toEqual([]);
  });
});

describe('every unit test', () => {
  it('mirrors a file', () => {
    expect(orphans(files)).toEqual([]);
  });

  it('would be noticed when its file is gone', () => {
    expect(orphans(made('core/a.ts', 'test/unit/core/b.test.ts'))).toEqual(['test/unit/core/b.test.ts']);
    expect(orphans(made('core/a.ts', 'test/unit/core/a.test.ts', 'test/unit/core/a-fuzz.test.ts'))).toEqual([]);
    expect(orphans(made('core/a-b.ts', 'test/unit/core/a-b.bytes.test.ts'))).toEqual([]);
  });
});
