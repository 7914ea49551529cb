import type { SupabaseClient } from '@supabase/supabase-js';
import { TOTP } from 'otpauth';
import type { AuthFixture } from './auth-fixture.ts';

const STEP_MS = 30_000;

/** A TOTP factor as its owner's app knows it. */
export interface Authenticator {
  readonly factorId: string;
  readonly uri: string;
  readonly secret: string;
  /** The code that the app shows, so many steps of 30 s from now. */
  code(steps?: number): string;
}

/** Moves the clock to the middle of the next time step: there no code changes while a test uses it. */
export function nextTimeStep(auth: AuthFixture): void {
  auth.advance(STEP_MS - (auth.now().getTime() % STEP_MS) + STEP_MS / 2);
}

/** Enrols a factor, without verifying it. */
export async function enroll(
  auth: AuthFixture,
  client: SupabaseClient,
  friendlyName = 'phone',
): Promise<Authenticator> {
  const { data, error } = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName, issuer: 'Tradebase' });
  if (error) throw error;
  return authenticator(auth, data.id, data.totp);
}

/** The app after it has read the URI of the QR code, secret and all. */
function authenticator(auth: AuthFixture, factorId: string, key: { uri: string; secret: string }): Authenticator {
  const secret = new URL(key.uri).searchParams.get('secret') ?? '';
  const app = new TOTP({ secret });
  return {
    factorId,
    uri: key.uri,
    secret: key.secret,
    code: (steps = 0) => app.generate({ timestamp: auth.now().getTime() + steps * STEP_MS }),
  };
}

/** Signs a session in with the second factor, by a code that nobody has used. */
export async function prove(auth: AuthFixture, client: SupabaseClient, app: Authenticator): Promise<void> {
  nextTimeStep(auth);
  const { error } = await client.auth.mfa.challengeAndVerify({ factorId: app.factorId, code: app.code() });
  if (error) throw error;
}

/** A user who has signed up, enrolled a factor and proved it: the client is at aal2. */
export async function userWithFactor(auth: AuthFixture) {
  const user = await auth.signedUp();
  const app = await enroll(auth, user.client);
  await prove(auth, user.client, app);
  return { ...user, app };
}

/** Another client of a user, at aal1. */
export async function signIn(auth: AuthFixture, user: { email: string; password: string }): Promise<SupabaseClient> {
  const client = auth.client();
  const { error } = await client.auth.signInWithPassword({ email: user.email, password: user.password });
  if (error) throw error;
  return client;
}

/** A challenge that waits for its code. */
export async function challenge(client: SupabaseClient, factorId: string): Promise<string> {
  const { data, error } = await client.auth.mfa.challenge({ factorId });
  if (error) throw error;
  return data.id;
}

export interface SessionClaims {
  aal: string;
  amr: { method: string; timestamp: number }[];
  session_id: string;
}

export async function claimsOf(client: SupabaseClient): Promise<SessionClaims> {
  const { data } = await client.auth.getSession();
  return JSON.parse(Buffer.from(data.session?.access_token.split('.')[1] ?? '', 'base64url').toString());
}
