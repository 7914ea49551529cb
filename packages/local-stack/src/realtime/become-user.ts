import type { PoolClient } from 'pg';
import type { TokenClaims } from '../config/verify-token.ts';

/** What policies see of who asks; on a row's policies there is neither a topic nor a header. */
export interface Asker {
  readonly claims: TokenClaims;
  readonly topic?: string;
  readonly headers?: Record<string, string>;
}

/** Takes the role and the claims of a user for the rest of the transaction. */
export async function becomeUser(client: PoolClient, { claims, topic = '', headers = {} }: Asker): Promise<void> {
  await client.query(
    `select set_config('role', $1, true), set_config('realtime.topic', $2, true),
            set_config('request.jwt.claims', $3, true), set_config('request.jwt.claim.sub', $4, true),
            set_config('request.jwt.claim.role', $1, true), set_config('request.headers', $5, true)`,
    [claims.role, topic, JSON.stringify(claims), claims.sub ?? '', JSON.stringify(headers)],
  );
}

/** A token whose role is `none`, or the admin itself, would otherwise keep the admin's rights: ask for this, too. */
export const LOWERED = 'current_user <> session_user';
