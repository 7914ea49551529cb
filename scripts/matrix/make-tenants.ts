import { createClient } from '@supabase/supabase-js';
import type { TestStack } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import { showSecondFactor } from '../../packages/client/test/support/aal2.ts';
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
  /** The admins have no rows but those that every user has. */
  readonly admin: SignedIn;
  readonly adminWithFactor: SignedIn;
}

/** Signs the users of the matrix up through Auth. */
export async function makeTenants(stack: TestStack, database: pg.Client): Promise<Tenants> {
  const shared = new Map();
  const signUp = async (name: string, role: string, withFactor = false): Promise<SignedIn> => {
    const client = createClient(stack.apiUrl, stack.keys.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const email = `${name}-${crypto.randomUUID()}@example.com`;
    const { data, error } = await client.auth.signUp({ email, password: `correct horse ${name}` });
    if (error) throw error;
    const userId = data.user?.id ?? '';
    await database.query('update public.user_roles set role = $2 where user_id = $1', [userId, role]);
    const refreshed = await client.auth.refreshSession();
    if (refreshed.error) throw refreshed.error;
    if (withFactor) await showSecondFactor(client);
    const session = await client.auth.getSession();
    const tenant = new MatrixTenant(userId, email, shared);
    return { tenant, accessToken: session.data.session?.access_token ?? '' };
  };
  return {
    owner: await signUp('owner', 'trader'),
    other: await signUp('other', 'trader'),
    viewer: await signUp('viewer', 'viewer'),
    admin: await signUp('admin', 'admin'),
    adminWithFactor: await signUp('careful', 'admin', true),
  };
}
