import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { showSecondFactor, type TestStack } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import { MatrixTenant } from './matrix-tenant.ts';

/** A user whom Auth has signed in after they got their role. */
export interface SignedIn {
  readonly tenant: MatrixTenant;
  readonly accessToken: string;
}

export interface Tenants {
  readonly owner: SignedIn;
  readonly other: SignedIn;
  readonly viewer: SignedIn;
  /** Has no rows but those that every user has; signed in twice, once without and once with a second factor. */
  readonly admin: SignedIn & { readonly aal2Token: string };
}

/** Signs the users of the matrix up through Auth. */
export async function makeTenants(stack: TestStack, database: pg.Client): Promise<Tenants> {
  const shared = new Map();
  const connect = () =>
    createClient(stack.apiUrl, stack.keys.publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const signUp = async (name: string, role: string) => {
    const client = connect();
    const credentials = { email: `${name}-${crypto.randomUUID()}@example.com`, password: `correct horse ${name}` };
    const { data, error } = await client.auth.signUp(credentials);
    if (error) throw error;
    const userId = data.user?.id ?? '';
    await database.query('update public.user_roles set role = $2 where user_id = $1', [userId, role]);
    const refreshed = await client.auth.refreshSession();
    if (refreshed.error) throw refreshed.error;
    const tenant = new MatrixTenant(userId, credentials.email, shared);
    return { tenant, accessToken: await accessTokenOf(client), client, credentials };
  };
  const signUpAdmin = async () => {
    const { tenant, client, credentials } = await signUp('admin', 'admin');
    await showSecondFactor(client);
    // The second factor ended the session before it: the one without a second factor begins after it.
    const other = connect();
    const { error } = await other.auth.signInWithPassword(credentials);
    if (error) throw error;
    return { tenant, accessToken: await accessTokenOf(other), aal2Token: await accessTokenOf(client) };
  };
  return {
    owner: await signUp('owner', 'trader'),
    other: await signUp('other', 'trader'),
    viewer: await signUp('viewer', 'viewer'),
    admin: await signUpAdmin(),
  };
}

async function accessTokenOf(client: SupabaseClient): Promise<string> {
  const { data, error } = await client.auth.getSession();
  if (error) throw error;
  return data.session?.access_token ?? '';
}
