/**
 * Opening refuses what cannot be meant, before it touches anything of the browser's; the rest needs a real one.
 */
import { describe, expect, it } from 'vitest';
import { openPeer } from '../../../web/open.ts';

describe('opening a peer in a tab', () => {
  it.each(['', 'Main', 'two words', 'a/b', '.hidden', 'x'.repeat(65)])('refuses "%s" as a network', async (network) => {
    await expect(openPeer({ network, relay: undefined })).rejects.toMatchObject({
      name: 'PeerError',
      code: 'bad-config',
    });
  });

  it.each(['', 'relay.example', 'ftp://relay.example', 'https://relay.example?network=main'])(
    'refuses "%s" as a relay',
    async (relay) => {
      await expect(openPeer({ network: 'main', relay })).rejects.toMatchObject({
        name: 'PeerError',
        code: 'bad-config',
      });
    },
  );
});
