import type { SupabaseClient } from '@supabase/supabase-js';
import { TOTP } from 'otpauth';

/**
 * Enrols a TOTP factor and shows it, as a user with an authenticator app does: the client's session is at aal2 after that,
 * and the user's other sessions below aal2 have ended. Answers the id of the factor.
 */
export async function showSecondFactor(client: Pick<SupabaseClient, 'auth'>): Promise<string> {
  const friendlyName = `authenticator ${crypto.randomUUID()}`;
  const { data, error } = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName });
  if (error) throw error;
  const code = new TOTP({ secret: data.totp.secret }).generate();
  const shown = await client.auth.mfa.challengeAndVerify({ factorId: data.id, code });
  if (shown.error) throw shown.error;
  return data.id;
}
