import type { z } from 'zod';
import { ApiError } from './api-error.ts';

/** Most issues of one request that are worth telling. */
const MAX_DETAILS = 20;

/** What a caller sent, as the schema has it. Throws `invalid_request` with the path of each thing wrong. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues
    .slice(0, MAX_DETAILS)
    .map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new ApiError('invalid_request', { details });
}
