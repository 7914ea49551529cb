import type { ServerResponse } from 'node:http';

/**
 * Answers with one JSON error in the shape of PostgREST and GoTrue clients: `{ code, message }`. An answer that has been
 * given in full stays as it is; one that was cut short ends the connection.
 */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ code, message, msg: message, error_code: code });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
