import { z } from 'zod';

/** Text that Postgres can store in jsonb: no NUL, no half of a surrogate pair. */
export function storableText(maxLength: number): z.ZodString {
  return z
    .string()
    .max(maxLength)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or half a surrogate pair');
}
