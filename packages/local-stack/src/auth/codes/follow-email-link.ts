import type { AuthServices } from '../auth-services.ts';
import { issueAuthCode } from '../pkce/flow-state.ts';
import { asRefusal } from '../requests/as-refusal.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { issueSession, type SessionResponse } from '../sessions/issue-session.ts';
import { flowMethod } from '../sessions/session-store.ts';
import { PKCE_PREFIX } from './issue-code.ts';
import { redeem } from './redeem-one-time-token.ts';
import { redirectTarget } from './redirect-target.ts';
import { HALF_CONFIRMED } from './verify-one-time-token.ts';

/** What OAuth calls a status, for the fragment of an error. */
const OAUTH_ERRORS: Record<number, string> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
};

interface Link {
  readonly type: string;
  readonly linkHash: string;
  readonly isPkce: boolean;
}

/**
 * GET /verify, the link of an e-mail: the address that the browser is sent on to. Its fragment, which no server sees,
 * carries the session, or why there is none; in the PKCE flow its query carries a code.
 */
export async function followEmailLink(auth: AuthServices, request: Request): Promise<string> {
  const query = new URL(request.url).searchParams;
  const linkHash = query.get('token') ?? '';
  if (!linkHash) throw invalid('Verify requires a token or a token hash');
  const link = { type: query.get('type') ?? '', linkHash, isPkce: linkHash.startsWith(PKCE_PREFIX) };
  const target = redirectTarget(auth, request);
  try {
    const address = link.isPkce ? await grantCode(auth, link, target) : await grantSession(auth, request, link, target);
    return address ?? withMessage(target, { message: HALF_CONFIRMED }, link);
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    const reason = { error_code: refusal.code, error_description: refusal.message };
    return withMessage(target, { error: OAUTH_ERRORS[refusal.status] ?? 'server_error', ...reason }, link);
  }
}

async function grantCode(auth: AuthServices, link: Link, target: string): Promise<string | undefined> {
  const method = flowMethod(link.type);
  const code = await redeem(auth, link, async (tx, user) => {
    const code = method && (await issueAuthCode(tx, { userId: user.id, method, now: auth.now() }));
    if (!code) throw new AuthError(400, 'flow_state_not_found', 'No associated flow state found.');
    return code;
  });
  return code && withQuery(target, { code });
}

async function grantSession(
  auth: AuthServices,
  request: Request,
  link: Link,
  target: string,
): Promise<string | undefined> {
  const origin = requestOrigin(request);
  const session = await redeem(auth, link, (tx, user) => issueSession(auth, tx, { user, method: 'otp', origin }));
  return session && withFragment(target, describeSession(session, link.type));
}

function describeSession(session: SessionResponse, type: string): Record<string, string> {
  const { access_token, refresh_token, expires_in, expires_at } = session;
  const times = { expires_in: String(expires_in), expires_at: String(expires_at) };
  return { access_token, refresh_token, ...times, token_type: 'bearer', type, sb: '' };
}

/** The server of an application of the PKCE flow reads the query; a page reads the fragment. */
function withMessage(target: string, fields: Record<string, string>, { isPkce }: Link): string {
  return withFragment(isPkce ? withQuery(target, fields) : target, { ...fields, sb: '' });
}

function withQuery(target: string, fields: Record<string, string>): string {
  const url = new URL(target);
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return url.href;
}

function withFragment(target: string, fields: Record<string, string>): string {
  const [base] = target.split('#');
  return `${base}#${new URLSearchParams(fields)}`;
}
