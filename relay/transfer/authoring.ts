/**
 * Which authors are accepted where no peer runs: what the riddle says of blocks that are no news.
 */
import type { Authoring } from '../../core/authoring/authoring.ts';
import { Riddle } from '../../core/authoring/riddle.ts';
import { defaultConfig } from '../../core/config.ts';

/** @param forcedRestart whether authors may be those whom the block before does not name */
export function authoringOf(forcedRestart: boolean): Pick<Authoring, 'accepts'> {
  const { riddle, dataGatherTimeMs } = defaultConfig;
  return new Riddle({ ...riddle, forcedRestart: forcedRestart ? riddle.forcedRestart : 'never', dataGatherTimeMs });
}
