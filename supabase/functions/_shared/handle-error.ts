import type { Context } from 'hono';
import { ApiError } from './api-error.ts';
import type { RequestEnv } from './request-env.ts';

/** Answers an error in the one shape. What is not an ApiError is logged in full and shown only as a request id. */
export function handleError(error: Error, c: Context<RequestEnv>): Response {
  const known = error instanceof ApiError ? error : new ApiError('internal_error', { cause: error });
  if (known.retryAfter !== undefined) c.header('retry-after', String(known.retryAfter));
  if (known.code !== 'internal_error') return c.json(known.toBody(), known.status);
  const requestId = c.get('requestId');
  console.error(JSON.stringify({ level: 'error', request_id: requestId, error: describe(known.cause ?? known) }));
  return c.json(new ApiError('internal_error', { message: `${known.message}: request ${requestId}` }).toBody(), 500);
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  return typeof error === 'object' ? JSON.stringify(error) : String(error);
}
