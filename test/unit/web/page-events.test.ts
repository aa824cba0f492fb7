/**
 * A page returns and leaves by the browser's events for that, for as long as somebody listens.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pageEvents } from '../../../web/page-events.ts';

class FakeDocument extends EventTarget {
  hidden = false;
}

let page: EventTarget;
let shown: FakeDocument;
let calls: number;
const note = (): void => {
  calls++;
};

beforeEach(() => {
  page = new EventTarget();
  shown = new FakeDocument();
  calls = 0;
  vi.stubGlobal('window', page);
  vi.stubGlobal('document', shown);
});

afterEach(() => vi.unstubAllGlobals());

describe('the return of a page', () => {
  it.each([
    ['online', () => page],
    ['pageshow', () => page],
    ['resume', () => shown],
    ['visibilitychange', () => shown],
  ])('is told by %s, until nobody listens', (event, target) => {
    const end = pageEvents.onReturn(note);
    target().dispatchEvent(new Event(event));
    expect(calls).toBe(1);
    end();
    target().dispatchEvent(new Event(event));
    expect(calls).toBe(1);
  });

  it('is not its being hidden', () => {
    pageEvents.onReturn(note);
    shown.hidden = true;
    shown.dispatchEvent(new Event('visibilitychange'));
    expect(calls).toBe(0);
  });
});

describe('the leaving of a page', () => {
  it('is told by pagehide, until nobody listens', () => {
    const end = pageEvents.onLeave(note);
    page.dispatchEvent(new Event('pagehide'));
    end();
    page.dispatchEvent(new Event('pagehide'));
    expect(calls).toBe(1);
  });
});
