import { notInLocalStack } from './auth-error.ts';
import type { RequestFields } from './request-fields.ts';

/** Says plainly that a client with `flowType: 'pkce'` is not served, instead of mailing a link that it cannot use. */
export function refusePkce(fields: RequestFields): void {
  if (fields.text('code_challenge')) throw notInLocalStack("The PKCE flow (flowType: 'pkce')");
}
