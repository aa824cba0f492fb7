import { describe, expect, it } from 'vitest';
import { Bench, self, start } from '../../../model/neighbours-bench.ts';

describe('an address that cannot be reached', () => {
  const wanted = '192.0.2.7:29092';
  const code = `unreachable ${wanted}`;

  it('is told to the user who has asked for it, once for each reason, until a link is proven', () => {
    const bench = new Bench();
    bench.neighbours.want(wanted, start);
    bench.dial();
    bench.fail(wanted);
    bench.dial();
    expect(bench.problems).toEqual(new Map([[code, `Cannot link: ${wanted} is off.`]]));
    bench.problems.clear();
    bench.untilDialled(60_000);
    bench.fail(wanted);
    bench.dial();
    expect(bench.problems).toEqual(new Map());
    bench.neighbours.linked(wanted);
    bench.dial();
    expect(bench.problems).toEqual(new Map());
    bench.neighbours.proven(wanted, self.hex);
    bench.dial();
    expect(bench.problems).toEqual(new Map([[code, undefined]]));
  });

  it.each([
    ['one that others have told of', false, wanted],
    ['that of a relay, of which its own way there tells', true, 'ws://192.0.2.7/peer/main'],
  ])('is not told of when it is %s', (_, isWanted, address) => {
    const bench = new Bench();
    if (isWanted) bench.neighbours.want(address, start);
    else bench.told(address);
    bench.dial();
    bench.fail(address);
    bench.dial();
    expect(bench.problems).toEqual(new Map());
  });

  it('is never dialled when it is our own', () => {
    const bench = new Bench(3, { listen: wanted });
    bench.told(wanted);
    expect(bench.dial()).toEqual([]);
    bench.ownAddress.lent('relay.example:4000');
    bench.told('relay.example:4000');
    expect(bench.dial()).toEqual([]);
  });
});
