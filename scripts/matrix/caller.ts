import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { mintToken, type TestStack } from '@tradebase/local-stack/testing';
import { type ApiRole, roleOf } from './api-role.ts';
import { PERSONAS, type Persona } from './expectation.ts';
import type { Tenants } from './make-tenants.ts';
import type { MatrixTenant } from './matrix-tenant.ts';

/** A persona at work: the client they call with, and whose rows they try. */
export interface Caller {
  readonly persona: Persona;
  readonly role: ApiRole;
  readonly client: SupabaseClient;
  /** The viewer tries with the viewer's rows, everyone else with the owner's. */
  readonly tenant: MatrixTenant;
  /** The persona as whom, and the user whose rows, this caller may see at all; none where they may see no user's. */
  readonly seesAs?: { readonly persona: Persona; readonly userId: string };
  /** What they send as bearer token: for requests that supabase-js does not make. */
  readonly token: string;
}

const RUNNER_PERMISSIONS = ['runner:connect', 'runner:execute', 'data:read'];

/** Gives each persona its client. The runners' tokens are of the rows in runner_sessions, where there is that table. */
export async function makeCallers(stack: TestStack, tenants: Tenants): Promise<Caller[]> {
  const { owner, other, viewer, admin } = tenants;
  const tokens: Record<Persona, string> = {
    owner: owner.accessToken,
    other: other.accessToken,
    viewer: viewer.accessToken,
    runner: await runnerToken(stack, owner.tenant),
    other_runner: await runnerToken(stack, other.tenant),
    anonymous: stack.keys.publishableKey,
    admin_aal1: admin.accessToken,
    admin_aal2: admin.aal2Token,
    service: stack.keys.secretKey,
  };
  const sees: Partial<Record<Persona, Caller['seesAs']>> = {
    owner: { persona: 'owner', userId: owner.tenant.userId },
    other: { persona: 'owner', userId: other.tenant.userId },
    viewer: { persona: 'viewer', userId: viewer.tenant.userId },
    runner: { persona: 'runner', userId: owner.tenant.userId },
    other_runner: { persona: 'runner', userId: other.tenant.userId },
    admin_aal1: { persona: 'owner', userId: admin.tenant.userId },
    admin_aal2: { persona: 'owner', userId: admin.tenant.userId },
  };
  return PERSONAS.map((persona) => ({
    persona,
    role: roleOf(persona),
    client: connect(stack, persona, tokens[persona]),
    tenant: persona === 'viewer' ? viewer.tenant : owner.tenant,
    ...(sees[persona] && { seesAs: sees[persona] }),
    token: tokens[persona],
  }));
}

function connect({ apiUrl, keys }: TestStack, persona: Persona, token: string): SupabaseClient {
  const auth = { persistSession: false, autoRefreshToken: false };
  if (persona === 'anonymous' || persona === 'service') return createClient(apiUrl, token, { auth });
  return createClient(apiUrl, keys.publishableKey, { accessToken: async () => token });
}

/** A runner's token as the function `runner` gives it; of a session that is not there while the tables are not. */
function runnerToken(stack: TestStack, tenant: MatrixTenant): Promise<string> {
  const idOf = (table: string) => (tenant.has(table) ? String(tenant.row(table).id) : crypto.randomUUID());
  return mintToken(stack.keys, {
    sub: idOf('runner_sessions'),
    app_metadata: { user_id: tenant.userId, api_key_id: idOf('api_keys'), permissions: RUNNER_PERMISSIONS, epoch: 1 },
  });
}
