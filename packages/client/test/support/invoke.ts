import { FunctionsHttpError } from '@supabase/supabase-js';
import type { TradebaseClient } from '@tradebase/client';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly body: any;
}

/** Calls an Edge Function as a frontend does. An answer of the function is an answer, whatever its status. */
export async function invoke(
  client: TradebaseClient,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object | string,
): Promise<Answer> {
  const { data, error, response } = await client.functions.invoke(path, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  if (!error) return { status: response?.status ?? 0, body: data };
  if (!(error instanceof FunctionsHttpError)) throw error;
  return { status: error.context.status, body: await error.context.json() };
}
