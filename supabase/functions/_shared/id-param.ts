import { z } from 'zod';

/** What a path with `:id` has to say. */
export const IdParam = z.strictObject({ id: z.guid() });
