import { decodeGame, encodeGame, type Game, validateGame } from '../../../core/authoring/game.ts';
import { Highlander } from '../../../core/authoring/highlander.ts';
import { type PublicKey, type SecretKey, secretKeyFrom } from '../../../core/crypto/keys.ts';
import { nobleCurve, nobleVerifier } from '../../../core/crypto/noble-curve.ts';
import type { Peer } from '../../../core/host.ts';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

export interface Player {
  readonly key: PublicKey;
  readonly secret: SecretKey;
}

/** For one tournament. The others are told the key, and all agree on the roster. */
export function newPlayer(): Player {
  const secret = secretKeyFrom(random(32));
  return { key: nobleCurve.publicKey(secret), secret };
}

/** Plays, and resolves to the winner when all of the roster have; to undefined when the peer is closed before. */
export async function play(peer: Peer, roster: readonly PublicKey[], player: Player): Promise<PublicKey | undefined> {
  const blocks = peer.newBlocks();
  const tournament = await played(peer, roster);
  peer.share(encodeGame(tournament.createGame(nobleCurve, random, player.key, player.secret)));
  for await (const _ of blocks) {
    const winner = (await played(peer, roster)).evaluate();
    if (winner !== undefined) return winner;
  }
  return undefined;
}

/** The tournament as the chain tells it now: read anew each time, for a fork may put other blocks in the place of some. */
async function played(peer: Peer, roster: readonly PublicKey[]): Promise<Highlander> {
  const tournament = new Highlander();
  if (tournament.populateRoster(roster) !== 'added') throw new Error('this is no roster');
  for await (const { items } of peer.blocks()) {
    for (const { data } of items) {
      const game = gameIn(data);
      if (game === undefined || tournament.refusal(game) !== undefined) continue;
      tournament.addGame(game, await validateGame(nobleVerifier, game));
    }
  }
  return tournament;
}

/** Items are anybody's, so most are no games. */
function gameIn(bytes: Uint8Array): Game | undefined {
  try {
    return decodeGame(bytes);
  } catch {
    return undefined;
  }
}
