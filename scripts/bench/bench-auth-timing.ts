import { createClient } from '@supabase/supabase-js';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { type Figure, percentile } from './figure.ts';

const TRIES = 200;
const LOCKED_TRIES = 50;
const WARM_UP = 10;
/** Medians this far apart can be told from each other by a stranger with patience. */
const MOST_RATIO = 1.1;

const KNOWN = 'known@example.com';
const PASSWORD = 'correct horse battery';

/** Whether a stranger can tell by the time of an answer that an address is registered, at hosted Auth's cost of bcrypt. */
export async function benchAuthTiming(): Promise<Figure[]> {
  const stack = await startStack({ hostedPasswordCost: true });
  try {
    await signUpKnown(stack);
    const signIn = (email: string) =>
      post(stack, '/token?grant_type=password', { email, password: 'not the password' });
    // Else the known address would be locked after a few tries, and all the others would time that.
    await setMostAttempts(stack, 1000);
    const wrongPassword = await compare('auth.sign_in', signIn);
    await setMostAttempts(stack, 1);
    // The warm-up locks the address.
    const locked = await compare('auth.sign_in_locked', signIn, LOCKED_TRIES);
    return [
      ...wrongPassword,
      ...locked,
      ...(await compare('auth.recover', (email) => post(stack, '/recover', { email }))),
      ...(await compare('auth.resend', (email) => post(stack, '/resend', { type: 'email_change', email }))),
      // Last: it makes users of the unknown.
      ...(await compare('auth.otp', (email) => post(stack, '/otp', { email }))),
    ];
  } finally {
    await stack.stop();
  }
}

/** A user to whom every kind of e-mail can be sent: a change of address is under way. */
async function signUpKnown({ apiUrl, keys }: TestStack): Promise<void> {
  const auth = { autoRefreshToken: false, persistSession: false };
  const client = createClient(apiUrl, keys.publishableKey, { auth });
  const signUp = await client.auth.signUp({ email: KNOWN, password: PASSWORD });
  const change = signUp.error ?? (await client.auth.updateUser({ email: 'wanted@example.com' })).error;
  if (change) throw change;
}

/** Sets how many wrong passwords lock an account. */
async function setMostAttempts(stack: TestStack, most: number): Promise<void> {
  const client = new pg.Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  try {
    await client.query(`update public.system_config set value = to_jsonb($1::int) where key = 'lockout.max_attempts'`, [
      most,
    ]);
  } finally {
    await client.end();
  }
}

/** Times a request for the known address and for one that nobody has, by turns: what slows one down slows the other too. */
async function compare(name: string, ask: (email: string) => Promise<void>, tries: number = TRIES): Promise<Figure[]> {
  const known: number[] = [];
  const unknown: number[] = [];
  for (let i = -WARM_UP; i < tries; i += 1) {
    const knownMs = await time(() => ask(KNOWN));
    const unknownMs = await time(() => ask(`nobody${i}@example.com`));
    if (i < 0) continue;
    known.push(knownMs);
    unknown.push(unknownMs);
  }
  const [knownMs, unknownMs] = [percentile(known, 0.5), percentile(unknown, 0.5)];
  const ratio = Math.max(knownMs, unknownMs) / Math.min(knownMs, unknownMs);
  return [
    { name: `${name}_known_ms_p50`, value: knownMs, unit: 'ms', peer: 'an unknown address', peer_value: unknownMs },
    { name: `${name}_known_unknown_ratio`, value: ratio, unit: 'x', target: MOST_RATIO },
  ];
}

async function time(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function post({ apiUrl, keys }: TestStack, path: string, body: object): Promise<void> {
  const headers = { apikey: keys.publishableKey, 'content-type': 'application/json' };
  const response = await fetch(`${apiUrl}/auth/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  if (response.status >= 500 || response.status === 429) throw new Error(`${path} answered ${response.status}`);
}
