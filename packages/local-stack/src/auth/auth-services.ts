import type pg from 'pg';
import type { StackConfig } from '../config/stack-config.ts';
import type { VerifyToken } from '../config/verify-token.ts';
import type { HookRunner } from './hook-runner.ts';
import type { MfaLimits } from './mfa-limits.ts';
import type { Outbox } from './outbox.ts';
import type { PasswordHasher } from './password-hasher.ts';

/** What the endpoints of Auth work with. */
export interface AuthServices {
  readonly config: StackConfig['auth'];
  readonly pool: pg.Pool;
  readonly hooks: HookRunner;
  readonly outbox: Outbox;
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
