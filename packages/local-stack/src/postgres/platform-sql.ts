import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SQL_DIR = join(import.meta.dirname, '..', '..', 'sql');

/** What a cluster gets once: the platform's roles. */
export function clusterSql(): string {
  return readAll('cluster');
}

/** What every database gets: the platform's schemas, extensions, tables and functions. */
export function databaseSql(): string {
  return readAll('database');
}

function readAll(folder: string): string {
  const dir = join(SQL_DIR, folder);
  return readdirSync(dir)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `-- ${folder}/${name}\n${readFileSync(join(dir, name), 'utf8')}`)
    .join('\n');
}
