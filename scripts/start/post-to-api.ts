import { FunctionsHttpError } from '@supabase/supabase-js';
import type { TradebaseClient } from '@tradebase/client';
import { ErrorBody } from '@tradebase/contracts';
import type { z } from 'zod';

/** A request, or what was asked for, failed in a way the user can act on. */
export class RequestFailedError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** Posts to the function `api` as any frontend does. @throws RequestFailedError */
export async function postToApi<T extends z.ZodType>(
  client: TradebaseClient,
  path: string,
  answer: T,
  body?: Record<string, unknown>,
): Promise<z.output<T>> {
  const { data, error } = await client.functions.invoke(`api/${path}`, { method: 'POST', ...(body ? { body } : {}) });
  if (!error) return answer.parse(data);
  const refusal = error instanceof FunctionsHttpError ? ErrorBody.safeParse(await error.context.json()) : undefined;
  if (!refusal?.success) throw error;
  const details = refusal.data.details?.map(({ path, message }) => `${path}: ${message}`) ?? [];
  throw new RequestFailedError(refusal.data.code, [refusal.data.message, ...details].join('; '));
}
