import { invalid } from '../requests/auth-error.ts';

const MAX_LENGTH = 255;

/** What the HTML standard takes for an e-mail address: https://html.spec.whatwg.org/#valid-e-mail-address */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** The address in lower case, as Auth stores it. Refuses what is not one. */
export function parseEmailAddress(text: string | undefined): string {
  if (!text) throw invalid('An email address is required');
  if (text.length > MAX_LENGTH) throw invalid(`An email address has at most ${MAX_LENGTH} characters`);
  const address = text.toLowerCase();
  if (!EMAIL.test(address)) throw invalid('Unable to validate email address: invalid format');
  return address;
}
