import { asRefusal } from './as-refusal.ts';
import { invalid, notInLocalStack } from './auth-error.ts';
import type { AuthServices } from './auth-services.ts';
import { issueSession, type SessionResponse } from './issue-session.ts';
import { redeem } from './redeem-one-time-token.ts';
import { redirectTarget } from './redirect-target.ts';
import { requestOrigin } from './request-origin.ts';
import { HALF_CONFIRMED } from './verify-one-time-token.ts';

/** What OAuth calls a status, for the fragment of an error. */
const OAUTH_ERRORS: Record<number, string> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
};

/**
 * GET /verify, the link of an e-mail: the address that the browser is sent on to. Its fragment, which no server sees,
 * carries the session, or why there is none.
 */
export async function followEmailLink(auth: AuthServices, request: Request): Promise<string> {
  const query = new URL(request.url).searchParams;
  const linkHash = query.get('token') ?? '';
  const type = query.get('type') ?? '';
  if (!linkHash) throw invalid('Verify requires a token or a token hash');
  if (linkHash.startsWith('pkce_')) throw notInLocalStack("The PKCE flow (flowType: 'pkce')");
  const target = redirectTarget(auth, request);
  const origin = requestOrigin(request);
  try {
    const session = await redeem(auth, { type, linkHash }, (tx, user) =>
      issueSession(auth, tx, { user, method: 'otp', origin }),
    );
    return withFragment(target, session ? describeSession(session, type) : { message: HALF_CONFIRMED, sb: '' });
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    const reason = { error_code: refusal.code, error_description: refusal.message, sb: '' };
    return withFragment(target, { error: OAUTH_ERRORS[refusal.status] ?? 'server_error', ...reason });
  }
}

function describeSession(session: SessionResponse, type: string): Record<string, string> {
  const { access_token, refresh_token, expires_in, expires_at } = session;
  const times = { expires_in: String(expires_in), expires_at: String(expires_at) };
  return { access_token, refresh_token, ...times, token_type: 'bearer', type, sb: '' };
}

function withFragment(target: string, fields: Record<string, string>): string {
  const [base] = target.split('#');
  return `${base}#${new URLSearchParams(fields)}`;
}
