import type { AuthServices } from './auth-services.ts';
import type { JsonObject } from './requests/request-fields.ts';

/** GET /settings: what a sign-in form should offer. */
export function describeSettings({ config }: Pick<AuthServices, 'config'>): JsonObject {
  return {
    external: { anonymous_users: config.anonymousSignIns, email: config.email.signupEnabled, phone: false },
    disable_signup: !config.signupEnabled,
    mailer_autoconfirm: !config.email.confirmations,
    phone_autoconfirm: false,
    sms_provider: '',
    saml_enabled: false,
    passkeys_enabled: false,
  };
}
