import { ApiError } from './api-error.ts';

export const MAX_BODY_BYTES = 1_000_000;

/**
 * The body of a request as JSON. Throws `payload_too_large` over 1 MB, before reading when the length is announced and
 * else as soon as the limit is passed; `invalid_json` for anything that is not JSON in UTF-8.
 */
export async function readJson(request: Request): Promise<unknown> {
  return parse(await readBytes(request));
}

/** As `readJson`, for requests that need no body: an empty object where there is none. */
export async function readOptionalJson(request: Request): Promise<unknown> {
  const bytes = await readBytes(request);
  return bytes.length === 0 ? {} : parse(bytes);
}

function parse(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ApiError('invalid_json');
  }
}

async function readBytes(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream: the rest is never read.
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(): ApiError {
  return new ApiError('payload_too_large', { message: `The request body may have ${MAX_BODY_BYTES} bytes at most` });
}
