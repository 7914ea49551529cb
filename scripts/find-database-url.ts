import { join } from 'node:path';
import { readStackConfig } from '@tradebase/local-stack';

/** The database a command works on: the one given, else the one of the environment, else the local stack's. */
export function findDatabaseUrl(given: string | undefined): string {
  const { TRADEBASE_DATABASE_URL, DATABASE_URL } = process.env;
  return given ?? TRADEBASE_DATABASE_URL ?? DATABASE_URL ?? localDatabaseUrl();
}

/** Host and port alone: the rest of a URL holds a password. */
export function placeOf(databaseUrl: string): string {
  return URL.canParse(databaseUrl) ? new URL(databaseUrl).host : 'the given URL';
}

function localDatabaseUrl(): string {
  const { port } = readStackConfig(join(import.meta.dirname, '..')).db;
  return `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`;
}
