// Imported for its version: @supabase/server would take any 2.x, the newest on the day of a deploy.
import '@supabase/supabase-js';
import { createAdminClient } from '@supabase/server/core';
import type { SupabaseClient } from '@supabase/supabase-js';

/**
 * A client with the secret key: the role service_role, which policies do not bind. For what nobody who is signed in could
 * do; each use says why in a comment.
 */
export function adminClient(requestId: string): SupabaseClient {
  return createAdminClient({ supabaseOptions: { global: { headers: { 'x-request-id': requestId } } } });
}
