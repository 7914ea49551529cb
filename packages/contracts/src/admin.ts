import { z } from 'zod';

export const UserRole = z.enum(['admin', 'trader', 'viewer']);
export type UserRole = z.infer<typeof UserRole>;

const page = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
};

/** A user as an admin sees them. */
export const AdminUser = z.strictObject({
  id: z.guid(),
  email: z.string().nullable(),
  role: UserRole,
  plan: z.string(),
  is_active: z.boolean(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  second_factor: z.boolean(),
  email_confirmed_at: z.string().nullable(),
  last_sign_in_at: z.string().nullable(),
  created_at: z.string(),
});
export type AdminUser = z.infer<typeof AdminUser>;

/** Query of GET /admin/users. */
export const ListUsersQuery = z.strictObject({
  ...page,
  status: z.enum(['active', 'inactive']).optional(),
  role: UserRole.optional(),
  email: z.string().min(2).max(255).optional().describe('Part of the address'),
});
export type ListUsersQuery = z.infer<typeof ListUsersQuery>;

/** Answer of GET /admin/users: newest first. */
export const UserPage = z.strictObject({ users: z.array(AdminUser), total_count: z.number() });
export type UserPage = z.infer<typeof UserPage>;

/** Body of PATCH /admin/users/:id. */
export const ChangeUserRequest = z
  .strictObject({
    role: UserRole.optional(),
    plan: z.string().min(1).max(40).optional(),
    is_active: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, { message: 'name at least one of role, plan, is_active' });
export type ChangeUserRequest = z.infer<typeof ChangeUserRequest>;

/** Query of GET /admin/waitlist and GET /admin/contact-messages. */
export const ListByStatusQuery = z.strictObject({ ...page, status: z.string().min(1).max(20).optional() });
export type ListByStatusQuery = z.infer<typeof ListByStatusQuery>;

/** Body of PUT /admin/config/:key. */
export const SetConfigRequest = z.strictObject({ value: z.json() });
export type SetConfigRequest = z.infer<typeof SetConfigRequest>;

/** Body of POST /admin/contact-messages/:id/answer. */
export const AnswerContactMessageRequest = z.strictObject({ response: z.string().trim().min(1).max(10_000) });
export type AnswerContactMessageRequest = z.infer<typeof AnswerContactMessageRequest>;
