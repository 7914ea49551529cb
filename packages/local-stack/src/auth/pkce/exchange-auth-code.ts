import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices } from '../auth-services.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { readFields } from '../requests/request-fields.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { issueSession, type SessionResponse } from '../sessions/issue-session.ts';
import { transaction } from '../transaction.ts';
import { findUserById } from '../users/find-user.ts';
import { isBanned } from '../users/user-record.ts';
import { deleteFlowState, type FlowState, lockFlowState } from './flow-state.ts';
import { checkCodeVerifier } from './pkce-challenge.ts';

/** Hosted Auth's default, and its least. */
const EXPIRY_MS = 300_000;

/** POST /token?grant_type=pkce: the session behind the code of a link, for the client that asked for the link. */
export async function exchangeAuthCode(auth: AuthServices, request: Request): Promise<SessionResponse> {
  const fields = await readFields(request);
  const authCode = fields.text('auth_code');
  const verifier = fields.text('code_verifier');
  if (!authCode || !verifier) {
    throw invalid('invalid request: both auth code and code verifier should be non-empty');
  }
  return transaction(auth.pool, async (tx) => {
    const flow = await lockFlowState(tx, authCode);
    const user = flow && (await findUserById(tx, flow.user_id));
    if (!flow || !user) {
      throw new AuthError(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found');
    }
    if (isExpired(flow, auth.now())) {
      throw new AuthError(422, 'flow_state_expired', 'invalid flow state, flow state has expired');
    }
    checkCodeVerifier(flow, verifier);
    if (isBanned(user, auth.now())) throw new AuthError(403, 'user_banned', 'User is banned');
    await deleteFlowState(tx, flow.id);
    const traits = { provider_type: flow.provider_type };
    await writeAuditEntry(tx, { actor: user, action: 'login', traits, now: auth.now() });
    return issueSession(auth, tx, { user, method: flow.authentication_method, origin: requestOrigin(request) });
  });
}

/** As on hosted: a magic link's time begins when it is followed, that of the others when they are asked for. */
function isExpired(flow: FlowState, now: Date): boolean {
  const begunAt = flow.authentication_method === 'magiclink' ? flow.auth_code_issued_at : flow.created_at;
  return begunAt.getTime() + EXPIRY_MS < now.getTime();
}
