import { describe, expect, it } from 'vitest';
import { minifiedAgain } from '../../../scripts/minify-again.ts';

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
