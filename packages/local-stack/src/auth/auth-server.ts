import { importJWK, SignJWT } from 'jose';
import pg from 'pg';
import { publicSigningKey, type StackKeys } from '../config/stack-keys.ts';
import type { StackContext } from '../stack-context.ts';
import { authRoutes } from './auth-routes.ts';
import type { AuthServices, SignClaims } from './auth-services.ts';
import { CodeAttempts } from './codes/code-attempts.ts';
import { inboxPage } from './email/inbox-page.ts';
import { Outbox } from './email/outbox.ts';
import { HookRunner } from './hook-runner.ts';
import { EmailLimits } from './limits/email-limits.ts';
import { createMfaLimits } from './limits/mfa-limits.ts';
import { RequestLimits } from './limits/request-limits.ts';
import { createPasswordHasher } from './passwords/password-hasher.ts';
import { asRefusal } from './requests/as-refusal.ts';
import { errorResponse, unexpectedFailure } from './requests/error-response.ts';

/** The part of Supabase Auth that Tradebase's clients use, as one Fetch handler. */
export interface AuthServer {
  /** Answers a request whose path is what follows /auth/v1. Never rejects. */
  handle(request: Request): Promise<Response>;
  /** The e-mails that Auth would have sent: GET /inbox for people, GET /inbox.json for programs. */
  inbox(request: Request): Promise<Response>;
  close(): Promise<void>;
}

const POOL_SIZE = 10;
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

export interface AuthServerOptions {
  /** The clock, for tests of what happens as time passes. */
  readonly now?: () => Date;
  /** bcrypt's cost of new passwords; that of hosted Auth by default. */
  readonly passwordCost?: number | undefined;
  /** Refuse clients and addresses that ask too often, as config.toml says; true by default. */
  readonly rateLimits?: boolean | undefined;
}

/** Starts Auth on the stack's database. */
export async function createAuthServer(context: StackContext, options: AuthServerOptions = {}): Promise<AuthServer> {
  const pool = new pg.Pool({
    connectionString: context.databaseUrl('supabase_auth_admin'),
    application_name: 'auth',
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  let closing = false;
  // An idle connection ends when its database is dropped or restarted; the pool opens another.
  pool.on('error', (error) => {
    if (!closing) context.log('auth', `an idle database connection ended: ${error.message}`);
  });
  // One that ends in use fails its query, which is enough; unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  const now = options.now ?? (() => new Date());
  const limited = options.rateLimits ?? true;
  const { rateLimits } = context.config.auth;
  const auth: AuthServices = {
    config: context.config.auth,
    pool,
    hooks: new HookRunner(context.config.auth.hooks, pool, context.log),
    outbox: new Outbox(),
    emailLimits: new EmailLimits(limited ? readEmailLimits(context.config.auth) : { maxFrequencyMs: 0 }, now),
    codeAttempts: new CodeAttempts(),
    requestLimits: limited ? new RequestLimits(rateLimits, now) : undefined,
    passwords: await createPasswordHasher(options.passwordCost),
    mfaLimits: createMfaLimits(),
    verifyToken: context.verifyToken,
    sign: await createSigner(context.keys),
    issuer: `${context.apiUrl}/auth/v1`,
    now,
  };
  const app = authRoutes(auth, { keys: [publicSigningKey(context.keys)] });
  app.onError((error, { req }) => {
    const refusal = asRefusal(error);
    // The message alone: a database error's detail can hold what the user sent.
    if (!refusal) context.log('auth', `${req.method} ${req.path} failed: ${error.message}`);
    return errorResponse(refusal ?? unexpectedFailure(), req.raw);
  });
  return {
    handle: async (request) => app.fetch(request),
    inbox: (request) => inboxPage(request, auth.outbox.list()),
    async close() {
      closing = true;
      await pool.end();
    },
  };
}

/** As on hosted, where nothing but a limit of none counts e-mails of a project that confirms no addresses. */
function readEmailLimits({ email, rateLimits: { emailSent } }: AuthServices['config']) {
  const { maxFrequencyMs, confirmations } = email;
  return { maxFrequencyMs, perHour: confirmations || emailSent === 0 ? emailSent : undefined };
}

async function createSigner(keys: StackKeys): Promise<SignClaims> {
  const key = await importJWK(keys.signingKey, 'ES256');
  const header = { alg: 'ES256', kid: keys.signingKey.kid, typ: 'JWT' };
  return (claims) => new SignJWT(claims).setProtectedHeader(header).sign(key);
}
