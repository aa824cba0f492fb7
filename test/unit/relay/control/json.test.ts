import { describe, expect, it } from 'vitest';
import { hexFrom, jsonFrom, Members, textFrom } from '../../../../relay/control/json.ts';

const refused = (message: string) =>
  expect.objectContaining({ name: 'ControlError', code: 'bad-message', message: expect.stringContaining(message) });
const of = (members: object) => new Members(members);

describe('Members', () => {
  it.each([null, undefined, [], 'x', 1, true])('are not in %j', (value) => {
    expect(() => new Members(value)).toThrow(refused('a message is a JSON object'));
  });

  it('are what they must be', () => {
    const members = of({ t: 'x', h: '0aff', c: 7, f: false, b: 'AP8=', l: [1, 2], n: null });
    expect(members.text('t')).toBe('x');
    expect(members.hex('h', 2)).toBe('0aff');
    expect(members.count('c')).toBe(7);
    expect(members.flag('f')).toBe(false);
    expect(members.bytes('b')).toEqual(Uint8Array.of(0, 255));
    expect(members.list('l', (value) => value)).toEqual([1, 2]);
    expect(members.orNull('n', textFrom)).toBeUndefined();
    expect(members.orNull('t', textFrom)).toBe('x');
    expect(() => members.end()).not.toThrow();
  });

  it('that are not given may have a value', () => {
    expect(of({}).count('c', 3)).toBe(3);
    expect(of({}).flag('f', true)).toBe(true);
    expect(() => of({ f: 0 }).flag('f', true)).toThrow(refused('"f" is true or false'));
  });

  it.each([-1, 1.5, 2 ** 53, '1', null, undefined, [], Number.NaN])('are no count: %j', (value) => {
    expect(() => of({ c: value }).count('c')).toThrow(refused('"c" is an integer from 0 on'));
  });

  it.each([1, null, undefined, ['x'], {}])('are no text: %j', (value) => {
    expect(() => of({ t: value }).text('t')).toThrow(refused('"t" is a text'));
    expect(() => textFrom(value)).toThrow(refused('a text'));
  });

  it.each(['0aff', '0aFF', '0af', '0afff', 'zzff', '', 1, null])('are hex of two bytes, or not: %j', (value) => {
    const read = () => of({ h: value }).hex('h', 2);
    if (value === '0aff') expect(read()).toBe(value);
    else expect(read).toThrow(refused('"h" is 2 bytes in lower-case hex'));
    if (value !== '0aff') expect(() => hexFrom(2)(value)).toThrow(refused('2 bytes'));
  });

  it.each(['AP8', 'AP8==', 'AP-_', 'AP8= ', 'AP9=', '=', 'A', '\n'])('are no base64: %j', (value) => {
    expect(() => of({ b: value }).bytes('b')).toThrow(refused('"b" is base64'));
  });

  it.each([{}, 'x', null, undefined])('are no list: %j', (value) => {
    expect(() => of({ l: value }).list('l', textFrom)).toThrow(refused('"l" is a list'));
  });

  it('that may be null must still be there', () => {
    expect(() => of({}).orNull('n', textFrom)).toThrow(refused('"n" is missing'));
  });

  it('are not found in what every object has', () => {
    expect(() => of({}).text('constructor')).toThrow(refused('"constructor" is a text'));
    expect(() => new Members(JSON.parse('{"__proto__":{"t":"x"}}')).text('t')).toThrow(refused('"t" is a text'));
  });

  it('that nobody asked for are named, but not at any length', () => {
    const members = of({ t: 'x', folow: true });
    members.text('t');
    expect(() => members.end()).toThrow(refused('there is no "folow" here'));
    expect(() => of({ ['y'.repeat(1_000)]: 1 }).end()).toThrow(refused(`"${'y'.repeat(32)}"`));
  });
});

describe('jsonFrom', () => {
  it('reads a line', () => {
    expect(jsonFrom(Buffer.from('{"a":"ä"}'))).toEqual({ a: 'ä' });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'status'],
    ['two values', '{}{}'],
    ['too deep a nesting', '['.repeat(200_000)],
  ])('refuses %s', (_, text) => {
    expect(() => jsonFrom(Buffer.from(text))).toThrow(refused('a line is JSON in UTF-8'));
  });

  it('refuses what is not UTF-8', () => {
    expect(() => jsonFrom(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(refused('UTF-8'));
  });
});
