import { randomUUID } from 'node:crypto';
import type { Database } from '../auth-services.ts';
import type { AuthenticationMethod } from '../sessions/session-store.ts';
import type { PkceChallenge } from './pkce-challenge.ts';

/** A sign-in under way: begun by a client with a challenge, to be ended by it with the verifier. */
export interface FlowState extends PkceChallenge {
  readonly id: string;
  readonly user_id: string;
  readonly authentication_method: AuthenticationMethod;
  readonly provider_type: string;
  readonly created_at: Date;
  readonly auth_code_issued_at: Date;
}

/** How long flows that were never ended are kept. */
const KEPT_MS = 24 * 3_600_000;

/** Begins a flow, and forgets those that are long dead. */
export async function insertFlowState(
  db: Database,
  flow: { userId: string; method: AuthenticationMethod; pkce: PkceChallenge; now: Date },
): Promise<void> {
  await db.query('delete from auth.flow_state where created_at < $1', [new Date(flow.now.getTime() - KEPT_MS)]);
  await db.query(
    `insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
       provider_access_token, provider_refresh_token, authentication_method, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, '', '', $7, $8, $8)`,
    [
      randomUUID(),
      flow.userId,
      randomUUID(),
      flow.pkce.method,
      flow.pkce.challenge,
      flow.method === 'email/signup' ? 'email' : flow.method,
      flow.method,
      flow.now,
    ],
  );
}

/** The code with which a client ends the newest flow of a kind that it began for a user; undefined when it began none. */
export async function issueAuthCode(
  db: Database,
  { userId, method, now }: { userId: string; method: AuthenticationMethod; now: Date },
): Promise<string | undefined> {
  const { rows } = await db.query<{ auth_code: string }>(
    `update auth.flow_state set auth_code_issued_at = $3, updated_at = $3
     where id = (select f.id from auth.flow_state f where f.user_id = $1 and f.authentication_method = $2
       order by f.created_at desc limit 1)
     returning auth_code`,
    [userId, method, now],
  );
  return rows[0]?.auth_code;
}

/** The flow that a code ends, locked: of two requests with one code the second finds none. */
export async function lockFlowState(db: Database, authCode: string): Promise<FlowState | undefined> {
  const { rows } = await db.query<FlowState>(
    `select f.id, f.user_id, f.code_challenge as challenge, f.code_challenge_method as method, f.provider_type,
       f.authentication_method, f.created_at, f.auth_code_issued_at
     from auth.flow_state f where f.auth_code = $1 and f.auth_code_issued_at is not null and f.user_id is not null
     for update`,
    [authCode],
  );
  return rows[0];
}

export async function deleteFlowState(db: Database, id: string): Promise<void> {
  await db.query('delete from auth.flow_state where id = $1', [id]);
}
