/**
 * Finds the programs that the tests of SOCKS5 and Tor need, or gets them: Debian's packages `tor` and `microsocks`.
 *
 * As root on Debian what is missing is installed; anybody else is told what to install, and the tests that need it are
 * left out and counted as such (test.ts). No test uses a Tor that runs on this machine already: each starts its own, on
 * loopback only (test/model/tor-testnet).
 *
 * `tsx scripts/find-tor.ts` prints where they are.
 */
import { fileURLToPath } from 'node:url';
import { installPackages, type Machine, onPath, thisMachine } from './machine.ts';

export class TorNotFound extends Error {
  override readonly name = 'TorNotFound';
}

/** Each program, and the package that brings it. */
const programs = [
  { program: 'tor', from: 'tor' },
  { program: 'tor-gencert', from: 'tor' },
  { program: 'microsocks', from: 'microsocks' },
] as const;

/** @returns paths of `tor`, `tor-gencert` and `microsocks`. @throws TorNotFound with one line saying what to do */
export async function findTor(machine: Machine = thisMachine()): Promise<readonly string[]> {
  const missing = missingPackages(machine);
  if (missing.length > 0) await installPackages(machine, missing);
  const still = missingPackages(machine);
  if (still.length === 0) return programs.flatMap(({ program }) => pathOf(machine, program) ?? []);
  throw new TorNotFound(`no ${still.join(' and no ')}: install the package${still.length > 1 ? 's' : ''} of that name`);
}

function missingPackages(machine: Machine): string[] {
  const missing = programs.filter(({ program }) => pathOf(machine, program) === undefined);
  return [...new Set(missing.map(({ from }) => from))];
}

/** Debian keeps tor where only root looks for programs. */
function pathOf(machine: Machine, program: string): string | undefined {
  return [...onPath(machine, program), `/usr/sbin/${program}`].find((path) => machine.executable(path));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const path of await findTor()) console.log(path);
  } catch (error) {
    if (!(error instanceof TorNotFound)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
