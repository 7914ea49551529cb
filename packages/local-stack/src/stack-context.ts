import type { StackConfig } from './config/stack-config.ts';
import type { StackKeys } from './config/stack-keys.ts';
import type { VerifyToken } from './config/verify-token.ts';
import type { LoginRole } from './postgres/cluster.ts';

/** What every service of one stack is given. */
export interface StackContext {
  readonly config: StackConfig;
  readonly keys: StackKeys;
  readonly verifyToken: VerifyToken;
  /** Base URL of the gateway, without a slash at the end: `http://127.0.0.1:54321`. */
  readonly apiUrl: string;
  /** Name of the stack's database. */
  readonly database: string;
  /** Connection URL of a login role to the stack's database. */
  databaseUrl(role: LoginRole): string;
  readonly log: Log;
}

/** One line for a developer about what a service does; never a secret. */
export type Log = (
  service: 'auth' | 'functions' | 'gateway' | 'postgres' | 'realtime' | 'rest',
  message: string,
) => void;
