import { z } from 'zod';

/** A time in a stored specification, kept as it was written. Requests have `RequestInstant`. */
export const StoredInstant = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'must be an ISO 8601 date, or date and time with zone');
