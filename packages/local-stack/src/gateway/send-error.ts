import type { ServerResponse } from 'node:http';

/** Answers with one JSON error in the shape of PostgREST and GoTrue clients: `{ code, message }`. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ code, message, msg: message, error_code: code });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
