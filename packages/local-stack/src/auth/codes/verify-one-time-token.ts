import type { AuthServices } from '../auth-services.ts';
import { invalid, notInLocalStack } from '../requests/auth-error.ts';
import { type RequestFields, readFields } from '../requests/request-fields.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { issueSession, type SessionResponse } from '../sessions/issue-session.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { type Proof, redeem } from './redeem-one-time-token.ts';

/** What the first of the two addresses of an e-mail change is told. */
export const HALF_CONFIRMED = 'Confirmation link accepted. Please proceed to confirm link sent to the other email';

/** POST /verify: a session for a code from an e-mail, or for the hash that its link carries. */
export async function verifyOneTimeToken(
  auth: AuthServices,
  request: Request,
): Promise<SessionResponse | { msg: string; code: string }> {
  const proof = readProof(await readFields(request));
  const origin = requestOrigin(request);
  const session = await redeem(auth, proof, (tx, user) => issueSession(auth, tx, { user, method: 'otp', origin }));
  return session ?? { msg: HALF_CONFIRMED, code: '200' };
}

function readProof(fields: RequestFields): Proof {
  const type = fields.text('type') ?? '';
  const code = fields.text('token');
  const linkHash = fields.text('token_hash');
  if (Boolean(code) === Boolean(linkHash)) throw invalid('Verify requires either a token or a token hash');
  if (linkHash) {
    if (fields.text('email')) throw invalid('Only the token_hash and type should be provided');
    return { type, linkHash };
  }
  if (fields.text('phone')) throw notInLocalStack('Verifying a phone number');
  return { type, email: parseEmailAddress(fields.text('email')), code: code ?? '' };
}
