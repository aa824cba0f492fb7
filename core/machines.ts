/**
 * The machines of one peer, made and joined at one place; what they do together is `peer.ts`'s and `conversation.ts`'s.
 *
 * Plain objects that call each other's methods, no bus: each can be read from top to bottom.
 */
import type { Authoring } from './authoring/authoring.ts';
import { RankDelay } from './authoring/rank-delay.ts';
import { Riddle } from './authoring/riddle.ts';
import { Writer } from './authoring/writer.ts';
import { Chain, type ChainState } from './chain/chain.ts';
import { Depths } from './chain/depths.ts';
import { deepestFork } from './chain/fork-choice.ts';
import { Intake } from './chain/intake.ts';
import { Newcomers } from './chain/newcomers.ts';
import { Roots, settledBlocks } from './chain/roots.ts';
import type { Config, Milliseconds } from './config.ts';
import type { Curve } from './crypto/curve.ts';
import { keyHex, type PublicKey, publicKeyFromHex, type SecretKey } from './crypto/keys.ts';
import { Effects } from './effects.ts';
import { Finality } from './finality/finality.ts';
import { Acknowledgements } from './network/acknowledgements.ts';
import { Announcements } from './network/announcements.ts';
import { Beacons } from './network/beacons.ts';
import { Crossing } from './network/crossing.ts';
import { Gossip } from './network/gossip.ts';
import { Heads } from './network/heads.ts';
import { Links } from './network/links.ts';
import { Members } from './network/members.ts';
import { Neighbours } from './network/neighbours.ts';
import { OwnAddress } from './network/own-address.ts';
import { PoolDigests } from './network/pool-digests.ts';
import { Presence } from './network/presence.ts';
import { Serving } from './network/serving.ts';
import { Sync } from './network/sync.ts';
import { WatchDog } from './network/watch-dog.ts';
import type { Random } from './random.ts';
import { ReferenceSplit } from './reference-split.ts';
import { Recorder } from './storage/recorder.ts';
import { Troubles } from './troubles.ts';
import type { DialectName } from './wire/dialect.ts';

export interface PeerOptions {
  readonly config: Config;
  readonly secret: SecretKey;
  readonly curve: Curve;
  readonly random: Random;
  readonly chain: ChainState;
  readonly startedAt: Milliseconds;
}

export interface Machines {
  readonly config: Config;
  readonly publicKey: PublicKey;
  readonly effects: Effects;
  readonly recorder: Recorder;
  readonly troubles: Troubles;
  readonly chain: Chain;
  readonly depths: Depths;
  readonly intake: Intake;
  readonly roots: Roots;
  readonly newcomers: Newcomers;
  readonly gossip: Gossip;
  readonly sync: Sync;
  readonly heads: Heads;
  readonly acknowledgements: Acknowledgements;
  readonly serving: Serving;
  readonly members: Members;
  readonly rankDelay: RankDelay;
  readonly presence: Presence;
  readonly beacons: Beacons;
  readonly announcements: Announcements;
  readonly watchDog: WatchDog;
  readonly crossing: Crossing;
  readonly poolDigests: PoolDigests;
  readonly ownAddress: OwnAddress;
  readonly neighbours: Neighbours;
  readonly links: Links;
  readonly writer: Writer;
  readonly finality: Finality;
  readonly referenceSplit: ReferenceSplit;
  readonly random: Random;
}

export function makeMachines({ config, secret, curve, random, chain: state, startedAt }: PeerOptions): Machines {
  const publicKey = curve.publicKey(secret);
  const effects = new Effects();
  const recorder = new Recorder(effects);
  const chain = new Chain({ ...state, anchors: config.anchors }, publicKey, random, effects, recorder);
  const depths = new Depths(chain, effects, recorder);
  const intake = new Intake(effects);
  const roots = new Roots(config.root);
  const authoring: Authoring = new Riddle({ ...config.riddle, dataGatherTimeMs: config.dataGatherTimeMs });
  const rankDelay = new RankDelay();
  const members = new Members(publicKey, random, startedAt);
  const { thin, keepAliveMs, network, relationship } = config;
  const identity = { curve, random, secret, publicKey };
  const beacons = new Beacons({ ...identity, network, thin, keepAliveMs }, members, startedAt);
  const spokeAt = (now: Milliseconds) => beacons.spokeAt(now);
  const ownAddress = new OwnAddress(config);
  const accepts: readonly DialectName[] = config.wire === 'auto' ? ['cbc', 'gcm-siv'] : [config.wire];
  const links = new Links({ ...identity, network, accepts }, relationship, effects);
  const crossing = new Crossing(chain, members, links);
  return {
    config,
    publicKey,
    effects,
    recorder,
    troubles: new Troubles(effects),
    chain,
    depths,
    intake,
    roots,
    newcomers: new Newcomers(chain, intake, roots, authoring, members, curve, rankDelay),
    gossip: new Gossip(chain, random, effects),
    sync: new Sync({
      below: (blocks) => depths.below(blocks),
      get remembered() {
        return chain.count - 1 - chain.tree.lowest;
      },
      get deepest() {
        return Math.min(chain.count - 1, deepestFork);
      },
      get short() {
        return chain.count <= settledBlocks;
      },
      hasOtherRoot(link) {
        const root = links.link(link)?.root;
        return root !== undefined && chain.root !== undefined && root !== chain.root;
      },
      isChecking: (link) => intake.isChecking(link),
      takesLocators: (link) => links.greetedLink(link)?.phase.ours === true,
    }),
    heads: new Heads(chain, links),
    acknowledgements: new Acknowledgements(
      { ...identity, network, thin },
      { chain, members, links, recorder, effects },
      rankDelay,
    ),
    serving: new Serving(chain, effects),
    members,
    rankDelay,
    announcements: new Announcements(publicKey, members, random),
    watchDog: new WatchDog(publicKey, members),
    crossing,
    poolDigests: new PoolDigests(chain, links, crossing, random),
    presence: new Presence({ ...identity, thin, keepAliveMs }, members, startedAt),
    beacons,
    ownAddress,
    neighbours: new Neighbours(relationship, ownAddress, keyHex(publicKey), random, effects, startedAt),
    links,
    finality: new Finality(
      { ...identity, network, committee: config.committee.map(publicKeyFromHex) },
      effects,
      (bytes, then) => recorder.promise({ name: 'votes', bytes }, then),
    ),
    referenceSplit: new ReferenceSplit(chain, links, effects),
    writer: new Writer({ ...identity, thin, rankDelay, spokeAt }, authoring, chain, members, effects),
    random,
  };
}
