/**
 * A quarter of the seeds of the great scenario (hostile-seeds.ts).
 */
import { playSeeds } from './hostile-seeds.ts';

playSeeds(3);
