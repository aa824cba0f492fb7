/**
 * All kinds of attackers, by name: what each does, to be read after “beside one that”. A scenario draws from these.
 */
import type { Simulator } from '../simulator.ts';
import { Announcer } from './announcer.ts';
import type { Attacker } from './attacker.ts';
import { Babbler } from './babbler.ts';
import { BadSignatures } from './bad-signatures.ts';
import { Boaster } from './boaster.ts';
import { Censor } from './censor.ts';
import { DeadList } from './dead-list.ts';
import { Equivocator } from './equivocator.ts';
import { ExtremeBlocks } from './extreme-blocks.ts';
import { FalseBeacons } from './false-beacons.ts';
import { ForgedHash } from './forged-hash.ts';
import { Lister } from './lister.ts';
import { Mute } from './mute.ts';
import { Pretender } from './pretender.ts';
import { Promiser } from './promiser.ts';
import { Recutter } from './recutter.ts';
import { Replayer } from './replayer.ts';
import { RootInjector } from './root-injector.ts';
import { SelfChain } from './self-chain.ts';
import { SybilList } from './sybil-list.ts';
import { Withholder } from './withholder.ts';
import { ZeroCount } from './zero-count.ts';

export type Kind = new (simulator: Simulator) => Attacker;

export const attackers = {
  'names only itself and goes on alone': SelfChain,
  'names keys of its own making': SybilList,
  'names keys that never were': DeadList,
  'signs several children of one block': Equivocator,
  'shows its block late': Withholder,
  'leaves the items of others out': Censor,
  'writes giant and empty blocks': ExtremeBlocks,
  'signs wrongly': BadSignatures,
  'forges the hash of blocks': ForgedHash,
  'cuts blocks anew': Recutter,
  'says again what was said': Replayer,
  'announces who is not there': Announcer,
  'counts its KeepAlives from 0': ZeroCount,
  'brings a first block of its own': RootInjector,
  'sends garbage': Babbler,
  'opens links and says nothing': Mute,
  'sends lists as long as can be': Lister,
  'boasts of blocks that nobody has': Boaster,
  'promises for every block': Promiser,
  'beacons falsely': FalseBeacons,
  'pretends to hold what is nowhere': Pretender,
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof attackers;
export const kindNames = Object.keys(attackers) as KindName[];
