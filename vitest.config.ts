/**
 * How the tests that need no browser run: five projects, one for each kind (CONTRIBUTING.md, Tests).
 *
 * They run one group after the other, for they share two cores with whatever else the machine does: a simulator beside
 * an integration test would make the latter's real clocks lie.
 */
import { defineConfig } from 'vitest/config';

const minute = 60_000;

export default defineConfig({
  test: {
    projects: [
      project('structure', ['test/structure/**/*.test.ts'], { order: 0, workers: 2, timeoutMs: minute }),
      project('unit', ['test/unit/**/*.test.ts'], { order: 1, workers: 2, timeoutMs: minute }),
      project('simulator', ['test/simulator/**/*.test.ts'], {
        order: 2,
        workers: 2,
        timeoutMs: 5 * minute,
        setupFiles: ['test/simulator/native-hex.ts'],
      }),
      project('integration', ['test/integration/**/*.test.ts'], { order: 3, workers: 1, timeoutMs: 2 * minute }),
      project('tor', ['test/tor/**/*.test.ts'], {
        order: 4,
        workers: 1,
        timeoutMs: 5 * minute,
        globalSetup: ['test/tor/setup.ts'],
      }),
    ],
  },
});

interface Running {
  /** Groups run from the lowest to the highest. */
  readonly order: number;
  /** Files at a time. */
  readonly workers: number;
  readonly timeoutMs: number;
  /** What runs before each file. */
  readonly setupFiles?: string[];
  /** What starts before the project's first file, and ends after the last. */
  readonly globalSetup?: string[];
}

function project(name: string, include: string[], running: Running) {
  const { order, workers, timeoutMs, setupFiles = [], globalSetup = [] } = running;
  return {
    test: {
      name,
      include,
      setupFiles,
      globalSetup,
      environment: 'node' as const,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      maxWorkers: workers,
      fileParallelism: workers > 1,
      sequence: { groupOrder: order },
    },
  };
}
