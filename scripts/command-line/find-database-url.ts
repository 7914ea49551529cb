import { join } from 'node:path';
import { readStackConfig } from '@tradebase/local-stack';

/** The database a command works on: the one given, else the one of the environment, else the local stack's. */
export function findDatabaseUrl(given: string | undefined): string {
  return findNamedDatabaseUrl(given, process.env) ?? localDatabaseUrl();
}

/** As `findDatabaseUrl`, but nothing where it would be the local stack's. */
export function findNamedDatabaseUrl(given: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  return given ?? environment.TRADEBASE_DATABASE_URL ?? environment.DATABASE_URL;
}

/** The role postgres of the local stack. */
export function localDatabaseUrl(): string {
  const { port } = readStackConfig(join(import.meta.dirname, '..', '..')).db;
  return `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`;
}
