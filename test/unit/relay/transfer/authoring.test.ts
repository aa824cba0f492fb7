import { describe, expect, it } from 'vitest';
import { authoringOf } from '../../../../relay/transfer/authoring.ts';
import { Author } from '../../../model/author.ts';

const [named, other] = [new Author(1).key, new Author(2).key];

describe('authoringOf', () => {
  it.each([true, false])('accepts who is named, and others only where they may restart the chain: %s', (forced) => {
    const authoring = authoringOf(forced);
    expect(authoring.accepts(named, [other, named], () => false)).toBe(true);
    expect(authoring.accepts(other, [named], () => false)).toBe(forced);
  });
});
