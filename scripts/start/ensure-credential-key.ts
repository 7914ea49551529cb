import { withDatabase } from '../command-line/with-database.ts';
import { localKeyDir } from '../keys/keys-command.ts';
import { activateNewKey } from '../keys/run-keys-command.ts';

/** Made twice as fast as the 4096 bits of "npm run keys", and strong enough. */
const BITS = 3072;

/** The folder of private keys for the local worker, with a first key where the database has none. */
export async function ensureCredentialKey(databaseUrl: string, stateDir: string): Promise<string> {
  const dir = process.env.TRADEBASE_CREDENTIAL_KEY_DIR ?? localKeyDir(stateDir);
  const passphrase = process.env.TRADEBASE_CREDENTIAL_KEY_PASSPHRASE;
  await withDatabase(databaseUrl, 'tradebase-start', async (client) => {
    const { rowCount } = await client.query(`select from private.encryption_keys where status = 'active'`);
    if (rowCount === 0) await activateNewKey(client, { dir, bits: BITS, passphrase, replace: false });
  });
  return dir;
}
