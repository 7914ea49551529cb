import { z } from 'zod';
import { Exchange } from './exchange.ts';

/** Why an exchange does not take a credential, as far as its owner should know. */
export const CREDENTIAL_TEST_ERRORS = {
  authentication_failed: 'The exchange does not know the key, or the secret does not belong to it',
  permission_denied:
    'The exchange knows the key and does not let it read balances: see its permissions and allowed addresses',
  account_suspended: 'The exchange has suspended the account',
  credential_incomplete: 'The exchange needs more than this: a passphrase, or what cannot be stored here',
  malformed_secret: 'The secret is not of the form that the exchange gives out: copy it again',
  sandbox_unsupported: 'The exchange has no sandbox',
  balance_unsupported: 'The exchange cannot be asked for balances',
  clock_rejected: 'The exchange refused the time or number of the request: try again',
  rate_limited: 'The exchange had too many requests: try again later',
  exchange_unavailable: 'The exchange cannot be reached or is under maintenance',
  timeout: 'The exchange did not answer in time',
  exchange_error: 'The exchange refused for another reason',
  credential_disabled: 'The credential was disabled before it was tested',
  credential_unreadable: 'No worker can open the credential: store it again, or tell the operator',
  worker_failed: 'The test failed on our side on every try',
} as const satisfies Record<string, string>;
export type CredentialTestError = keyof typeof CREDENTIAL_TEST_ERRORS;

/** Bytes that key, secret and passphrase may each have. */
export const MAX_SECRET_BYTES = 4096;

const encoder = new TextEncoder();

/** A text that is never shown again. No message here may repeat it. */
const secretText = z
  .string()
  .refine((text) => encoder.encode(text).byteLength <= MAX_SECRET_BYTES, `must have ${MAX_SECRET_BYTES} bytes at most`)
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must be text')
  .refine((text) => text !== '', 'must not be empty');

/** Without the blanks and line breaks that come along when one copies. */
const copiedText = z.string().trim().pipe(secretText);

/** Control characters, and those that turn the direction of text around. */
const UNPRINTABLE = /[\p{Cc}\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u;

export const CredentialName = z
  .string()
  .refine((name) => name.isWellFormed() && !UNPRINTABLE.test(name), 'must have no control characters')
  .transform((name) => name.normalize('NFC').trim())
  .refine((name) => name !== '' && [...name].length <= 100, 'must have 1 to 100 characters');

/** Body of POST /api/credentials. */
export const CreateCredentialRequest = z.strictObject({
  exchange: Exchange,
  name: CredentialName,
  key: copiedText.describe('The API key; where an exchange knows wallets instead, the address'),
  secret: copiedText.describe('The secret or private key'),
  passphrase: secretText.optional().describe('Where the exchange has one beside the secret'),
  sandbox: z.boolean().default(false).describe("Whether it belongs to the exchange's test environment"),
});
export type CreateCredentialRequest = z.infer<typeof CreateCredentialRequest>;

/** Body of PATCH /api/credentials/:id. */
export const UpdateCredentialRequest = z
  .strictObject({ name: CredentialName.optional(), enabled: z.boolean().optional() })
  .refine(({ name, enabled }) => name !== undefined || enabled !== undefined, 'must change name or enabled');
export type UpdateCredentialRequest = z.infer<typeof UpdateCredentialRequest>;

/** A credential as its owner sees it: everything but what is secret. */
export const Credential = z.strictObject({
  id: z.guid(),
  exchange: z.string(),
  name: z.string(),
  key_hint: z.string().describe('First and last four characters of the key'),
  has_passphrase: z.boolean(),
  is_sandbox: z.boolean(),
  status: z.enum(['active', 'disabled']),
  test_status: z.enum(['pending', 'ok', 'failed']).nullable(),
  test_error: z.string().nullable().describe('A code of CREDENTIAL_TEST_ERRORS'),
  last_tested_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Credential = z.infer<typeof Credential>;

/** Answer of GET /api/credentials: all of them, newest first; a quota bounds how many there are. */
export const CredentialList = z.strictObject({ items: z.array(Credential) });
export type CredentialList = z.infer<typeof CredentialList>;

/** What a credential may be opened for. */
export const CREDENTIAL_PURPOSES = ['test', 'balance', 'positions', 'order', 'market_data', 'reencrypt'] as const;
export type CredentialPurpose = (typeof CREDENTIAL_PURPOSES)[number];

/** One opening of a credential. */
export const CredentialAccess = z.strictObject({
  id: z.int(),
  credential_id: z.guid(),
  credential_name: z.string(),
  opened_by: z.string(),
  opened_at: z.string(),
  purpose: z.enum(CREDENTIAL_PURPOSES),
  bot_id: z.guid().nullable(),
  order_id: z.guid().nullable(),
  job_id: z.guid().nullable(),
});
export type CredentialAccess = z.infer<typeof CredentialAccess>;

/** Query of GET /api/credentials/:id/accesses. */
export const ListCredentialAccessesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.coerce.number().int().min(1).optional().describe('next_cursor of the page before'),
});
export type ListCredentialAccessesQuery = z.infer<typeof ListCredentialAccessesQuery>;

/** Answer of GET /api/credentials/:id/accesses: newest first. `next_cursor` is null on the last page. */
export const CredentialAccessPage = z.strictObject({
  items: z.array(CredentialAccess),
  next_cursor: z.int().nullable(),
});
export type CredentialAccessPage = z.infer<typeof CredentialAccessPage>;

/** What is encrypted. The ids say which row it belongs to: in another it is of no use. */
export const CredentialPayload = z.strictObject({
  credential_id: z.guid(),
  user_id: z.guid(),
  exchange: z.string(),
  key: z.string(),
  secret: z.string(),
  passphrase: z.string().optional(),
});
export type CredentialPayload = z.infer<typeof CredentialPayload>;

/** The event `credential_tested` on the topic `user:<id>`. */
export const CredentialTestedEvent = z.object({
  seq: z.int().min(1),
  kind: z.literal('credential'),
  id: z.guid(),
  test_status: z.enum(['ok', 'failed']),
  test_error: z.string().nullable(),
  at: z.string().describe('When it happened, ISO 8601'),
});
export type CredentialTestedEvent = z.infer<typeof CredentialTestedEvent>;
