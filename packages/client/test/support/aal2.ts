import type { SupabaseClient } from '@supabase/supabase-js';
import { TOTP } from 'otpauth';

/** Enrols an authenticator and shows a code of it, as a frontend would: the client's session is at aal2 then. */
export async function showSecondFactor({ auth }: Pick<SupabaseClient, 'auth'>): Promise<void> {
  const { data, error } = await auth.mfa.enroll({ factorType: 'totp' });
  if (error) throw error;
  const code = new TOTP({ secret: data.totp.secret }).generate();
  const verified = await auth.mfa.challengeAndVerify({ factorId: data.id, code });
  if (verified.error) throw verified.error;
}
