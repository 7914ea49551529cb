import { z } from 'zod';

/** What the database takes as an address: 254 characters, as SMTP does. */
const email = z.email().max(254);

/** A field that no person sees: who fills it in is a program, whose request is answered like any other and forgotten. */
const honeypot = z.string().max(1000).optional().describe('Leave empty');

/** Body of POST /public/waitlist. */
export const JoinWaitlistRequest = z.strictObject({
  email,
  source: z.string().trim().min(1).max(50).optional().describe('Where they came from, such as website or referral'),
  website: honeypot,
});
export type JoinWaitlistRequest = z.infer<typeof JoinWaitlistRequest>;

/** Body of POST /public/contact. */
export const ContactRequest = z.strictObject({
  name: z.string().trim().min(1).max(255),
  email,
  message: z.string().trim().min(1).max(5000),
  website: honeypot,
});
export type ContactRequest = z.infer<typeof ContactRequest>;

/** What both answer, whatever was known about the address before. */
export const PublicFormResponse = z.strictObject({ message: z.string() });
export type PublicFormResponse = z.infer<typeof PublicFormResponse>;
