import { AuthError, invalid, notInLocalStack } from './auth-error.ts';
import type { AuthServices } from './auth-services.ts';
import { redirectTarget } from './redirect-target.ts';
import { redeem } from './verify-one-time-token.ts';

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
  const hash = query.get('token') ?? '';
  const type = query.get('type') ?? '';
  if (!hash) throw invalid('Verify requires a token or a token hash');
  if (hash.startsWith('pkce_')) throw notInLocalStack("The PKCE flow (flowType: 'pkce')");
  const target = redirectTarget(auth, request);
  try {
    const { access_token, refresh_token, expires_in, expires_at } = await redeem(auth, request, { type, hash });
    const times = { expires_in: String(expires_in), expires_at: String(expires_at) };
    return withFragment(target, { access_token, refresh_token, ...times, token_type: 'bearer', type, sb: '' });
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    const reason = { error_code: error.code, error_description: error.message, sb: '' };
    return withFragment(target, { error: OAUTH_ERRORS[error.status] ?? 'server_error', ...reason });
  }
}

function withFragment(target: string, fields: Record<string, string>): string {
  const [base] = target.split('#');
  return `${base}#${new URLSearchParams(fields)}`;
}
