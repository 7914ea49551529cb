import { z } from 'zod';

/** ISO 8601 with a zone, or a date, which means its midnight in UTC. Parses to the former. */
export const RequestInstant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'must be an ISO 8601 date, or date and time with zone',
  })
  .transform((text) => new Date(text).toISOString())
  .refine((time) => time >= '1900' && time < '2200', 'must be in the years 1900 to 2199');
