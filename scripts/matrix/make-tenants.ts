import { showSecondFactor, type TestStack } from '@tradebase/local-stack/testing';
import { accessTokenOf, type Persona, signUpAs } from '../../packages/client/test/support/personas.ts';
import { signIn } from '../../packages/client/test/support/sign-in.ts';
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
export async function makeTenants(stack: TestStack): Promise<Tenants> {
  const shared = new Map();
  const signedIn = async ({ id, email, client }: Persona) => ({
    tenant: new MatrixTenant(id, email, shared),
    accessToken: await accessTokenOf(client),
  });
  const admin = await signUpAs(stack, 'admin', 'admin');
  await showSecondFactor(admin.client);
  // The second factor ended the session before it: the one without a second factor begins after it.
  const { client, error } = await signIn(stack, admin, admin.password);
  if (error) throw error;
  return {
    owner: await signedIn(await signUpAs(stack, 'trader', 'owner')),
    other: await signedIn(await signUpAs(stack, 'trader', 'other')),
    viewer: await signedIn(await signUpAs(stack, 'viewer', 'viewer')),
    admin: { ...(await signedIn({ ...admin, client })), aal2Token: await accessTokenOf(admin.client) },
  };
}
