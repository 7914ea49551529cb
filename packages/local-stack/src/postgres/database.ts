import { createHash } from 'node:crypto';
import pg from 'pg';
import type { LoginRole } from './cluster.ts';
import { clusterSql, databaseSql } from './platform-sql.ts';

/** A Postgres server that can be logged in to, whoever started it. */
export interface DatabaseServer {
  urlFor(role: LoginRole, database: string): string;
}

/** Runs `work` on one connection of a role and closes it. */
export async function withClient<T>(
  server: DatabaseServer,
  role: LoginRole,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: server.urlFor(role, database) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates the platform's objects in a database, unless they are there. The database belongs to `postgres`, as on hosted. */
export async function ensurePlatform(server: DatabaseServer, database: string): Promise<void> {
  await withClient(server, 'supabase_admin', 'template1', async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
    await client.query(`alter database ${client.escapeIdentifier(database)} owner to postgres`);
  });
  await withClient(server, 'supabase_admin', database, async (client) => {
    const sql = databaseSql();
    const version = createHash('sha256')
      .update(clusterSql() + sql)
      .digest('hex')
      .slice(0, 16);
    const { rows } = await client.query<{ version: string | null; empty: boolean }>(
      `select obj_description(to_regnamespace('platform'), 'pg_namespace') as version, to_regnamespace('auth') is null as empty`,
    );
    if (rows[0]?.empty) {
      await client.query(`begin;\n${sql}\ncomment on schema platform is '${version}';\ncommit;`);
    } else if (rows[0]?.version !== version) {
      throw new Error(
        'the database was made by another version of the local stack: "npm run stack -- reset" makes a new one (and deletes this one)',
      );
    }
  });
}

/** Clones a database nobody is connected to: a fresh, migrated one in a fraction of a second. */
export async function cloneDatabase(server: DatabaseServer, template: string, name: string): Promise<void> {
  await withClient(server, 'supabase_admin', 'template1', async (client) => {
    // FILE_COPY beats WAL_LOG here: the template is small and nothing replays its WAL.
    await client.query(
      `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}
       owner postgres strategy file_copy`,
    );
  });
}

export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await withClient(server, 'supabase_admin', 'template1', async (client) => {
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  });
}
