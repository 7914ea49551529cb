import { AuthError } from './auth-error.ts';

/** Far above what any endpoint takes, metadata included. */
const MAX_BODY_BYTES = 64 * 1024;

export type JsonObject = Record<string, unknown>;

/** The JSON object of a request's body, read field by field. A field that is null counts as absent. */
export class RequestFields {
  readonly #fields: JsonObject;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  /** Text of a field; undefined when absent. */
  text(name: string): string | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw badJson(`${name} must be a string`);
  }

  flag(name: string, fallback = false): boolean {
    const value = this.#fields[name] ?? fallback;
    if (typeof value === 'boolean') return value;
    throw badJson(`${name} must be true or false`);
  }

  object(name: string): JsonObject | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined || isJsonObject(value)) return value;
    throw badJson(`${name} must be an object`);
  }
}

/** Reads a JSON object of at most 64 kB. Refuses anything else with `bad_json` or `request_entity_too_large`. */
export async function readFields(request: Request): Promise<RequestFields> {
  return parseFields(await readText(request));
}

/** The same for endpoints whose body may be missing. */
export async function readOptionalFields(request: Request): Promise<RequestFields> {
  const text = await readText(request);
  return text === '' ? new RequestFields({}) : parseFields(text);
}

function parseFields(text: string): RequestFields {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw badJson('it is not valid JSON');
  }
  if (!isJsonObject(body)) throw badJson('it must be an object');
  return new RequestFields(body);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function badJson(reason: string): AuthError {
  return new AuthError(400, 'bad_json', `Could not parse request body as JSON: ${reason}`);
}

function tooLarge(): AuthError {
  return new AuthError(413, 'request_entity_too_large', `Request body too large (max ${MAX_BODY_BYTES} bytes)`);
}
