import { describe, expect, it } from 'vitest';
import { minifiedAgain, withoutIndentation } from '../../../scripts/minify-again.ts';

const code = 'export function twice(c){const a=1;const b=a+1;return c*b}\n//# sourceMappingURL=old.js.map';
const map = JSON.stringify({
  version: 3,
  sources: ['twice.ts'],
  sourcesContent: ['const one = 1;'],
  names: [],
  mappings: 'AAAA',
});

describe('a module that was minified', () => {
  it('becomes smaller, does the same and names its map', async () => {
    const minified = await minifiedAgain({ code, map }, 'new.js.map');
    expect(minified.code.length).toBeLessThan(code.length);
    expect(minified.code).toMatch(/\n\/\/# sourceMappingURL=new\.js\.map$/);
    const { twice } = await import(`data:text/javascript,${encodeURIComponent(minified.code)}`);
    expect(twice(21)).toBe(42);
  });

  it('keeps its sources in the map', async () => {
    const minified = await minifiedAgain({ code, map }, 'new.js.map');
    expect(JSON.parse(minified.map)).toMatchObject({ sources: ['twice.ts'], sourcesContent: ['const one = 1;'] });
  });

  it('that is none is refused', async () => {
    await expect(minifiedAgain({ code: 'export {', map }, 'new.js.map')).rejects.toThrow();
  });
});

describe('a template of the element', () => {
  const source =
    'const a = 1;\nexport const styles = css`\n    /* A\n comment */\n    p {\n      margin: 0 auto;\n    }\n  `;\nconst b = `x\n  y`;\n';

  it('loses its lines, their indentation and its comments, and nothing else does', () => {
    const short = 'const a = 1;\nexport const styles = css` p { margin: 0 auto; } `;\nconst b = `x\n  y`;\n';
    expect(withoutIndentation(source).code).toBe(short);
  });

  it('in another template is found as well', () => {
    const nested = `html\`<p>\n  \${html\`<b>\n  </b>\`}\n</p>\``;
    expect(withoutIndentation(nested).code).toBe(`html\`<p> \${html\`<b> </b>\`} </p>\``);
  });

  it('has a map of its own', () => {
    const { mappings } = JSON.parse(withoutIndentation(source).map);
    expect(mappings.split(';')).toHaveLength(source.split('\n').length - 6);
  });
});

it('what simple-peer tells a debugger goes', async () => {
  const talking = 'export class Peer{_debug(){throw 1}open(){this._debug("opening");return 1}}';
  expect((await minifiedAgain({ code: talking, map }, 'new.js.map')).code).not.toContain('opening');
});
