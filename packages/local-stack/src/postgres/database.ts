import type { PostgresCluster } from './cluster.ts';
import { databaseSql } from './platform-sql.ts';

/** Creates the platform's objects in a database, unless they are there. The database belongs to `postgres`, as on hosted. */
export async function ensurePlatform(cluster: PostgresCluster, database: string): Promise<void> {
  await cluster.withClient('supabase_admin', 'template1', async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
    await client.query(`alter database ${client.escapeIdentifier(database)} owner to postgres`);
  });
  await cluster.withClient('supabase_admin', database, async (client) => {
    const { rows } = await client.query("select to_regnamespace('platform_guard') is not null as present");
    if (!rows[0].present) await client.query(`begin;\n${databaseSql()}\ncommit;`);
  });
}

/** Clones a database nobody is connected to: a fresh, migrated one in a fraction of a second. */
export async function cloneDatabase(cluster: PostgresCluster, template: string, name: string): Promise<void> {
  await cluster.withClient('supabase_admin', 'template1', async (client) => {
    // FILE_COPY beats WAL_LOG here: the template is small and nothing replays its WAL.
    await client.query(
      `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}
       owner postgres strategy file_copy`,
    );
  });
}

export async function dropDatabase(cluster: PostgresCluster, name: string): Promise<void> {
  await cluster.withClient('supabase_admin', 'template1', async (client) => {
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
  });
}
