import type { AuthServices } from '../auth-services.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';

type Config = Pick<AuthServices, 'config'>;

/** Refuses to enrol a factor of a type that is switched off, as phones and WebAuthn always are here. */
export function requireEnrollEnabled({ config }: Config, type: string | undefined): void {
  switch (type) {
    case 'totp':
      if (config.mfa.totp.enrollEnabled) return;
      throw new AuthError(422, 'mfa_totp_enroll_not_enabled', 'MFA enroll is disabled for TOTP');
    case 'phone':
      throw new AuthError(422, 'mfa_phone_enroll_not_enabled', 'MFA enroll is disabled for Phone');
    case 'webauthn':
      throw new AuthError(422, 'mfa_webauthn_enroll_not_enabled', 'MFA enroll is disabled for WebAuthn');
    default:
      throw invalid('factor_type needs to be totp, phone, or webauthn');
  }
}

/** The same for challenging a factor and for proving it. */
export function requireVerifyEnabled({ config }: Config, type: string): void {
  switch (type) {
    case 'totp':
      if (config.mfa.totp.verifyEnabled) return;
      throw new AuthError(422, 'mfa_totp_verify_not_enabled', 'MFA verification is disabled for TOTP');
    case 'phone':
      throw new AuthError(422, 'mfa_phone_verify_not_enabled', 'MFA verification is disabled for Phone');
    case 'webauthn':
      throw new AuthError(422, 'mfa_webauthn_verify_not_enabled', 'MFA verification is disabled for WebAuthn');
    default:
      throw invalid('factor_type needs to be totp, phone, or webauthn');
  }
}
