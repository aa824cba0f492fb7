import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../../core/config.ts';
import { OwnAddress } from '../../../../core/network/own-address.ts';

const clear = '192.0.2.7:29092';
const onion = 'abcdefghijklmnop.onion:29092';
const made = (listen = defaultConfig.listen, proxied = false) => new OwnAddress({ listen, proxied });

describe('our own address', () => {
  it('is the configured one, and another while one is lent', () => {
    const own = made(clear);
    expect([own.listen, own.lent('relay.example:4000'), own.listen]).toEqual([clear, true, 'relay.example:4000']);
    expect([own.lent('relay.example:4000'), own.listen]).toEqual([false, 'relay.example:4000']);
    expect([own.lent(undefined), own.listen, own.lent(undefined)]).toEqual([true, clear, false]);
  });

  it.each([
    ['nothing of Tor', made(clear), [false, true], false],
    ['by an onion address', made(onion), [true, true], true],
    ['by a proxy', made(clear, true), [true, true], false],
  ])('makes far what goes by Tor: %s', (_, own, far, isOnion) => {
    expect([[clear, onion].map((address) => own.isFar(address)), own.isOnion]).toEqual([far, isOnion]);
  });

  it('is by Tor while an onion address is lent', () => {
    const own = made();
    own.lent(onion);
    expect([own.isOnion, own.isFar(clear)]).toEqual([true, true]);
  });
});
