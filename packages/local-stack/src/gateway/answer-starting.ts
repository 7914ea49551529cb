import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendError } from './send-error.ts';

const RETRY_AFTER_S = 1;

/**
 * Answers while the services behind the gateway are being started: a request that waited for an answer that nobody gives would
 * wait for ever, and callers try again.
 */
export function answerStarting(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('retry-after', RETRY_AFTER_S);
  // Else it would be kept, and the next request on it come here too.
  response.setHeader('connection', 'close');
  sendError(response, 503, 'starting', 'the stack is starting: try again in a moment');
}
