import type pg from 'pg';
import type { StackConfig } from '../config/stack-config.ts';
import type { VerifyToken } from '../config/verify-token.ts';
import type { CodeAttempts } from './codes/code-attempts.ts';
import type { Outbox } from './email/outbox.ts';
import type { HookRunner } from './hook-runner.ts';
import type { EmailLimits } from './limits/email-limits.ts';
import type { MfaLimits } from './limits/mfa-limits.ts';
import type { RequestLimits } from './limits/request-limits.ts';
import type { PasswordHasher } from './passwords/password-hasher.ts';

/** What the endpoints of Auth work with. */
export interface AuthServices {
  readonly config: StackConfig['auth'];
  readonly pool: pg.Pool;
  readonly hooks: HookRunner;
  readonly outbox: Outbox;
  readonly emailLimits: EmailLimits;
  readonly codeAttempts: CodeAttempts;
  /** Absent where a test asks more often than a client may. */
  readonly requestLimits: RequestLimits | undefined;
  readonly passwords: PasswordHasher;
  readonly mfaLimits: MfaLimits;
  readonly verifyToken: VerifyToken;
  readonly sign: SignClaims;
  /** Base URL of Auth as clients see it, and the claim `iss`. */
  readonly issuer: string;
  readonly now: () => Date;
}

/** Signs the claims of an access token with the stack's key. */
export type SignClaims = (claims: Record<string, unknown>) => Promise<string>;

/** A pool, or the connection of a transaction. */
export type Database = pg.Pool | pg.PoolClient;
