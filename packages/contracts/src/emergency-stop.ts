import { z } from 'zod';
import { storableText } from './storable-text.ts';

const reason = storableText(500)
  .min(1)
  .refine((text) => text.trim().length > 0, 'must say something');
const close_positions = z
  .boolean()
  .default(false)
  .describe('Whether runners close what they hold; else they cancel orders and hold it');

/** Body of POST /api/emergency-stop: of one bot, or of all of the user's. */
export const EngageEmergencyStopRequest = z
  .strictObject({ scope: z.enum(['bot', 'user']), bot_id: z.guid().optional(), reason, close_positions })
  .refine(({ scope, bot_id }) => (scope === 'bot') === (bot_id !== undefined), {
    path: ['bot_id'],
    message: 'goes with the scope bot',
  });
export type EngageEmergencyStopRequest = z.infer<typeof EngageEmergencyStopRequest>;

/** Body of POST /admin/emergency-stop: of the whole system. */
export const EngageSystemStopRequest = z.strictObject({ reason, close_positions });
export type EngageSystemStopRequest = z.infer<typeof EngageSystemStopRequest>;

/** Query of GET /api/emergency-stops. */
export const ListEmergencyStopsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  engaged: z.enum(['true', 'false']).optional().describe('Only those that are engaged, or that were released'),
});
export type ListEmergencyStopsQuery = z.infer<typeof ListEmergencyStopsQuery>;

/** An emergency stop. While it is engaged nothing is opened under it. */
export const EmergencyStop = z.strictObject({
  id: z.guid(),
  scope: z.enum(['bot', 'user', 'system']),
  user_id: z.guid().nullable(),
  bot_id: z.guid().nullable(),
  reason: z.string(),
  close_positions: z.boolean(),
  engaged_by: z.guid().nullable().describe('Null for a limit that was reached'),
  engaged_at: z.string(),
  released_by: z.guid().nullable(),
  released_at: z.string().nullable().describe('Null while it is engaged'),
});
export type EmergencyStop = z.infer<typeof EmergencyStop>;

/** Answer of GET /api/emergency-stops: newest first, with those of the whole system. */
export const EmergencyStopList = z.strictObject({ items: z.array(EmergencyStop) });
export type EmergencyStopList = z.infer<typeof EmergencyStopList>;
