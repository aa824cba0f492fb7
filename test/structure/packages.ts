/**
 * What package-lock.json must hold so that `npm ci` works on another machine than the one it was written on.
 *
 * A package's optional dependencies are one build for each platform; npm leaves out of the lock those that it cannot
 * get where it runs, without a word, and then refuses that lock on every fresh checkout.
 */

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** Dependencies without an entry, and entries that are fetched from anywhere but the public registry. */
export function lockFaults({ packages }: Lock): string[] {
  const faults: string[] = [];
  for (const [path, locked] of Object.entries(packages)) {
    const { dependencies, optionalDependencies, devDependencies, resolved } = locked;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies })) {
      if (!placesOf(name, path).some((place) => place in packages)) faults.push(`${path || '.'} lacks ${name}`);
    }
    const elsewhere = resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/');
    if (elsewhere) faults.push(`${path} comes from ${resolved}`);
  }
  return faults;
}

/** Where Node looks for a package, from inside another one: beside it, then further out. */
function placesOf(name: string, path: string): string[] {
  const places = [`node_modules/${name}`];
  for (let end = path.length; end > 0; end = path.lastIndexOf('/node_modules/', end - 1)) {
    places.push(`${path.slice(0, end)}/node_modules/${name}`);
  }
  return places;
}
