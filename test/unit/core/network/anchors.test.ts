import { describe, expect, it } from 'vitest';
import { lasting, leadsThere } from '../../../../core/network/anchors.ts';
import type { GreetedLink } from '../../../../core/network/open-link.ts';

function link(address: string, since: number, blockAt: number | undefined, dialled = true, carrier = 'tcp') {
  return { address, dialled, carrier, phase: { since }, gave: { blockAt, itemAt: undefined } } as GreetedLink;
}

describe('anchors', () => {
  it('are the two links that have lasted longest of those that gave blocks and lead where they say', () => {
    const links = [
      link('198.1.1.1:1', 5, 9),
      link('198.2.1.1:1', 1, undefined),
      link('198.3.1.1:1', 3, 9),
      link('198.4.1.1:1', 2, 9, false),
      link('198.5.1.1:1', 4, 9),
    ];
    expect(lasting(links).anchors).toEqual(['198.3.1.1:1', '198.5.1.1:1']);
    expect(lasting(links).leading).toHaveLength(4);
  });

  it('are of two networks, where their address says which', () => {
    const links = [link('198.1.1.1:1', 1, 9), link('198.1.2.1:1', 2, 9), link('198.2.1.1:1', 3, 9)];
    expect(lasting(links).anchors).toEqual(['198.1.1.1:1', '198.2.1.1:1']);
    expect(lasting([link('127.0.0.1:1', 1, 9), link('127.0.0.1:2', 2, 9)]).anchors).toHaveLength(2);
  });
});

it.each([
  [true, 'tcp', true],
  [false, 'tcp', false],
  [false, 'webrtc', true],
  [false, 'websocket', false],
] as const)('a link (dialled: %s) by %s leads where its address says: %s', (dialled, carrier, leads) => {
  expect(leadsThere({ dialled, carrier })).toBe(leads);
});
