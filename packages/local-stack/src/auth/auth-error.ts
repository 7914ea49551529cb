/** Codes that this server answers with; supabase-js knows them as `ErrorCode`. */
export type AuthErrorCode =
  | 'anonymous_provider_disabled'
  | 'bad_code_verifier'
  | 'bad_json'
  | 'bad_jwt'
  | 'current_password_invalid'
  | 'current_password_required'
  | 'email_exists'
  | 'email_not_confirmed'
  | 'email_provider_disabled'
  | 'flow_state_expired'
  | 'flow_state_not_found'
  | 'hook_timeout'
  | 'invalid_credentials'
  | 'no_authorization'
  | 'not_admin'
  | 'not_found'
  | 'not_in_local_stack'
  | 'otp_disabled'
  | 'otp_expired'
  | 'over_email_send_rate_limit'
  | 'over_request_rate_limit'
  | 'reauthentication_needed'
  | 'reauthentication_not_valid'
  | 'refresh_token_already_used'
  | 'refresh_token_not_found'
  | 'request_entity_too_large'
  | 'same_password'
  | 'session_expired'
  | 'session_not_found'
  | 'signup_disabled'
  | 'unexpected_failure'
  | 'unknown'
  | 'user_already_exists'
  | 'user_banned'
  | 'user_not_found'
  | 'validation_failed'
  | 'weak_password';

/** A refusal as Auth words it: HTTP status, code, sentence, and for weak passwords the reasons. */
export class AuthError extends Error {
  readonly status: number;
  readonly code: AuthErrorCode;
  readonly weakPasswordReasons: readonly string[] | undefined;

  constructor(status: number, code: AuthErrorCode, message: string, weakPasswordReasons?: readonly string[]) {
    super(message);
    this.status = status;
    this.code = code;
    this.weakPasswordReasons = weakPasswordReasons;
  }
}

/** 400 for a request that is well-formed JSON but not what the endpoint takes. */
export function invalid(message: string): AuthError {
  return new AuthError(400, 'validation_failed', message);
}

/** 501 for what hosted Auth does and this server does not do yet. */
export function notInLocalStack(feature: string): AuthError {
  return new AuthError(501, 'not_in_local_stack', `${feature} is not in the local stack's Auth yet`);
}
