import { createTradebaseClient, type TradebaseClient } from '@tradebase/client';
import { type StackAddress, showSecondFactor } from '@tradebase/local-stack/testing';
import { asPostgres } from './as-role.ts';

/** Someone at a browser: a client, and who it is signed in as. */
export interface Persona {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly client: TradebaseClient;
}

type Role = 'admin' | 'trader' | 'viewer';

/** Signs a new user, a trader, up through Auth, as a frontend would, with what the form says of them. */
export async function signUp(stack: StackAddress, name: string, data: object = {}): Promise<Persona> {
  const client = anonymous(stack);
  const email = `${name}-${crypto.randomUUID()}@example.com`;
  const password = `correct horse ${name}`;
  const signedUp = await client.auth.signUp({ email, password, options: { data } });
  if (signedUp.error) throw signedUp.error;
  const { user, session } = signedUp.data;
  if (!user || !session) throw new Error('sign-up gave no session');
  return { id: user.id, email, password, client };
}

/** Signs a new user up and gives them a role. */
export async function signUpAs(stack: StackAddress, role: Role, name: string): Promise<Persona> {
  const persona = await signUp(stack, name);
  await grantRole(stack, persona, role);
  return persona;
}

/** Signs a new admin up, who has shown a second factor unless said otherwise. */
export async function signUpAdmin(stack: StackAddress, name: string, aal: 'aal1' | 'aal2' = 'aal2'): Promise<Persona> {
  const admin = await signUpAs(stack, 'admin', name);
  if (aal === 'aal2') await showSecondFactor(admin.client);
  return admin;
}

/** Gives a user a role as `npm run admin` does, and refreshes their session, so that the token says so. */
export async function grantRole(stack: StackAddress, { email, client }: Persona, role: Role): Promise<void> {
  await asPostgres(stack, (database) => database.query('select private.grant_role($1, $2)', [email, role]));
  const { error } = await client.auth.refreshSession();
  if (error) throw error;
}

/** A client with the publishable key and no session. */
export function anonymous({ apiUrl, keys }: StackAddress): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
}

/** A client with the secret key: a server of the operator. */
export function asService({ apiUrl, keys }: StackAddress): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.secretKey, { auth: { persistSession: false, autoRefreshToken: false } });
}

/** A client that holds a token and no session: a runner, or a user whose session may end meanwhile. */
export function withToken({ apiUrl, keys }: StackAddress, token: string): TradebaseClient {
  return createTradebaseClient(apiUrl, keys.publishableKey, { accessToken: async () => token });
}

/** The access token of the session that a client has. */
export async function accessTokenOf({ auth }: Pick<TradebaseClient, 'auth'>): Promise<string> {
  const { data, error } = await auth.getSession();
  if (error) throw error;
  if (!data.session) throw new Error('the client has no session');
  return data.session.access_token;
}
