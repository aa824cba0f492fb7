/**
 * What simple-peer relies on in a stream: listeners, data told at once, an end that is remembered.
 */
import { Duplex as Oracle } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Duplex } from '../../../../../web/links/simple-peer/readable-stream.ts';

describe('the stream under simple-peer', () => {
  it('tells data at once, in order, to whoever listens, and not to whoever has stopped', () => {
    const stream = new Duplex();
    const told: unknown[] = [];
    const listener = (data: unknown) => told.push(data);
    stream.push('nobody listens yet');
    stream.on('data', listener);
    stream.push(1);
    stream.push(2);
    stream.removeListener('data', listener);
    stream.push(3);
    expect(told).toEqual([1, 2]);
  });

  it('tells once what was asked for once', () => {
    const stream = new Duplex();
    const told: unknown[] = [];
    stream.once('connect', (value: unknown) => told.push(value));
    expect(stream.emit('connect', 'first')).toBe(true);
    expect(stream.emit('connect', 'second')).toBe(false);
    expect(told).toEqual(['first']);
  });

  it('lets a listener take itself off while others are told', () => {
    const stream = new Duplex();
    const told: string[] = [];
    const first = () => {
      told.push('first');
      stream.removeListener('close', first);
    };
    stream.on('close', first).on('close', () => told.push('second'));
    stream.emit('close');
    stream.emit('close');
    expect(told).toEqual(['first', 'second', 'second']);
  });

  it('looks to simple-peer as a stream of Node does, before its end and after', () => {
    const stream = new Duplex();
    const oracle = new Oracle({ read: () => undefined, write: () => undefined }) as unknown as Duplex;
    const state = ({ readable, writable, _readableState, _writableState }: Duplex) => {
      return [readable, writable, _readableState.ended, _writableState.finished];
    };
    expect(state(stream)).toEqual(state(oracle));
    stream.push(null);
    stream.end();
    expect([stream._readableState.ended, stream._writableState.finished]).toEqual([true, true]);
  });
});
