import { z } from 'zod';

/** What the holder of an API key may do: connect a runner, execute bots with it, read the owner's rows. */
export const ApiKeyPermission = z.enum(['runner:connect', 'runner:execute', 'data:read']);
export type ApiKeyPermission = z.infer<typeof ApiKeyPermission>;

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an IP address, or a network such as 203.0.113.0/24',
});

/** Body of POST /api/keys. */
export const CreateApiKeyRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  permissions: z.array(ApiKeyPermission).min(1).max(ApiKeyPermission.options.length),
  expires_at: z.iso.datetime({ offset: true }).optional().describe('From when on it is refused; never by default'),
  ip_allowlist: z.array(network).max(20).default([]).describe('Networks it is accepted from; all by default'),
});
export type CreateApiKeyRequest = z.infer<typeof CreateApiKeyRequest>;

/** An API key as its owner sees it: never with its secret. */
export const ApiKey = z.strictObject({
  id: z.guid(),
  name: z.string(),
  prefix: z.string(),
  permissions: z.array(ApiKeyPermission),
  expires_at: z.string().nullable(),
  ip_allowlist: z.array(z.string()),
  last_used_at: z.string().nullable(),
  last_used_ip: z.string().nullable(),
  revoked_at: z.string().nullable(),
  created_at: z.string(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** Answer of POST /api/keys: the one time that the key itself, `tb_<prefix>_<secret>`, is shown. */
export const CreatedApiKey = ApiKey.omit({ last_used_at: true, last_used_ip: true, revoked_at: true }).extend({
  key: z.string(),
});
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;

/** Query of GET /api/keys. */
export const ListApiKeysQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
});
export type ListApiKeysQuery = z.infer<typeof ListApiKeysQuery>;

/** Answer of GET /api/keys: newest first, revoked ones too. `next_cursor` is null on the last page. */
export const ApiKeyPage = z.strictObject({ items: z.array(ApiKey), next_cursor: z.string().nullable() });
export type ApiKeyPage = z.infer<typeof ApiKeyPage>;
