/**
 * What happens to the page as a whole: it comes back, or it goes.
 */

export interface PageEvents {
  /** Shown again, thawed, taken out of the back-forward cache, or on a network again. Returns what ends the calls. */
  onReturn(callback: () => void): () => void;
  /** About to be unloaded or put aside: the last moment to say goodbye. */
  onLeave(callback: () => void): () => void;
}

export const pageEvents: PageEvents = {
  onReturn(callback) {
    const ifVisible = (): void => {
      if (!document.hidden) callback();
    };
    const ends = [
      listen(window, 'online', callback),
      listen(window, 'pageshow', callback),
      listen(document, 'resume', callback),
      listen(document, 'visibilitychange', ifVisible),
    ];
    return () => {
      for (const end of ends) end();
    };
  },
  onLeave: (callback) => listen(window, 'pagehide', callback),
};

function listen(target: EventTarget, event: string, callback: () => void): () => void {
  target.addEventListener(event, callback);
  return () => target.removeEventListener(event, callback);
}
