import pg from 'pg';

const CONNECT_TIMEOUT_MS = 10_000;

/** Does some work with a connection of its own, under a name that the database's operators see. */
export async function withDatabase<T>(
  databaseUrl: string,
  applicationName: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {}); // The query in progress fails with it.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
