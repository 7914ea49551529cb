import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TradebaseClient } from '@tradebase/client';
import { withDatabase } from '../command-line/with-database.ts';

/** The user of the demonstration, kept for the next start. */
export interface DemoUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

const EMAIL = 'demo@tradebase.example';

/** Signs the demo user in, and up before that at the first start on a database. */
export async function signInDemoUser(client: TradebaseClient, stateDir: string): Promise<DemoUser> {
  const path = join(stateDir, 'demo-password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(12).toString('base64url'), { mode: 0o600 });
  const credentials = { email: EMAIL, password: readFileSync(path, 'utf8').trim() };
  const signedIn = await client.auth.signInWithPassword(credentials);
  const { data, error } =
    signedIn.error?.code === 'invalid_credentials' ? await client.auth.signUp(credentials) : signedIn;
  if (error) throw new Error(`the demo user cannot sign in: ${error.message}`);
  const id = data.session?.user.id;
  if (id === undefined) throw new Error('the demo user has no session');
  return { id, ...credentials };
}

/** Puts the demo user on the plan pro, whose quotas let one start the demonstration as often as one likes. */
export async function upgradeDemoUser(databaseUrl: string, { id }: DemoUser): Promise<void> {
  await withDatabase(databaseUrl, 'tradebase-start', (client) =>
    client.query(`update public.profiles set plan = 'pro' where user_id = $1 and plan = 'free'`, [id]),
  );
}
