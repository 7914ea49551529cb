import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type DatabaseServer, withClient } from './database.ts';

/** Versions of supabase/migrations in order: the digits before the first underscore of each file. */
export function localMigrationVersions(projectDir: string): string[] {
  return readdirSync(join(projectDir, 'supabase', 'migrations'))
    .map((name) => /^(\d+)_.*\.sql$/.exec(name)?.[1])
    .filter((version): version is string => version !== undefined)
    .sort();
}

/**
 * Applies pending migrations with the real CLI, as the role `postgres`. The CLI is not started when the database's own
 * history shows nothing to do.
 */
export async function migrate(server: DatabaseServer, database: string, projectDir: string): Promise<void> {
  const applied = await appliedVersions(server, database);
  if (localMigrationVersions(projectDir).every((version) => applied.has(version))) return;
  const url = new URL(server.urlFor('postgres', database));
  const password = decodeURIComponent(url.password);
  url.password = '';
  await runCli(['db', 'push', `--remote=${url.href}`, '--yes', '--workdir', projectDir], { PGPASSWORD: password });
}

async function appliedVersions(server: DatabaseServer, database: string): Promise<Set<string>> {
  return withClient(server, 'postgres', database, async (client) => {
    const { rows: history } = await client.query("select to_regclass('supabase_migrations.schema_migrations') as name");
    if (history[0].name === null) return new Set<string>();
    const { rows } = await client.query<{ version: string }>(
      'select version from supabase_migrations.schema_migrations',
    );
    return new Set(rows.map(({ version }) => version));
  });
}

/** Runs the Supabase CLI without prompts; rejects with what it printed. */
export function runCli(args: string[], env: Record<string, string> = {}): Promise<string> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('supabase/package.json')), 'dist', 'supabase.js');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cli, ...args],
      { env: { ...process.env, PGSSLMODE: 'disable', DO_NOT_TRACK: '1', ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`supabase ${args.slice(0, 2).join(' ')} failed:\n${stdout}${stderr}`.trimEnd()));
        else resolve(stdout);
      },
    );
  });
}
