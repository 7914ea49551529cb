import { z } from 'zod';

/** What can happen to the security of an account: the kinds of the table `security_events`. */
export const SECURITY_EVENT_KINDS = [
  'new_device',
  'lockout',
  'password_changed',
  'email_changed',
  'factor_added',
  'factor_removed',
  'recovery_codes_created',
  'recovery_code_used',
  'role_changed',
  'plan_changed',
  'session_revoked',
  'account_linked',
  'account_unlinked',
  'account_deactivated',
  'account_reactivated',
] as const;
export const SecurityEventKind = z.enum(SECURITY_EVENT_KINDS);
export type SecurityEventKind = z.infer<typeof SecurityEventKind>;

/** Payload of the event `alert` on the topic `user:<user id>` when it tells of the security of the account. */
export const SecurityAlert = z.object({
  seq: z.int().min(1),
  kind: z.literal('security'),
  id: z.int().describe('The row of security_events'),
  what: SecurityEventKind,
  details: z.record(z.string(), z.unknown()),
  alert_id: z
    .uuid()
    .nullable()
    .describe('The row of alert_history whose messages go out; null for kinds that are only shown'),
  at: z.string().describe('When it happened, ISO 8601'),
});
export type SecurityAlert = z.infer<typeof SecurityAlert>;
