import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { ErrorBody } from '@tradebase/contracts';
import { z } from 'zod';
import { type BackOffOptions, backOffMs, retryAfterMs } from './back-off.ts';
import type { Clock } from './clock.ts';
import { RunnerError } from './runner-error.ts';

export interface ServerOptions {
  readonly url: string;
  readonly publishableKey: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Of one request. */
  readonly timeout_ms: number;
  readonly backOff?: BackOffOptions;
  /** The token to call with. */
  readonly token: () => Promise<string>;
  /** What a call was refused for, before it is tried again or given up. */
  readonly onRefusal: (error: RunnerError, token: string) => void;
  /** Told of calls that will be tried again. */
  readonly onTrouble: (error: RunnerError) => void;
}

/** PostgREST's codes for a token that is too old, or that it cannot check. */
const TOKEN_CODES: ReadonlySet<string> = new Set([
  'PGRST301',
  'PGRST302',
  'PGRST303',
  'invalid_token',
  'missing_token',
]);
/** Refusals that pass, by the session connecting again or the token being renewed. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'runner_not_connected',
  'token_expired',
  'timed_out',
  'network_unreachable',
]);

/** Whether the same call may succeed later. */
export function isPassing(error: RunnerError): boolean {
  if (PASSING_CODES.has(error.code)) return true;
  const { status } = error;
  // What PostgREST answers, without a code, when its connection to Postgres breaks in the middle of a call.
  if (status === 400 && error.code === 'unexpected_answer') return true;
  return status !== undefined && (status >= 500 || status === 429 || status === 408);
}

/** The server as a runner calls it: with bounds on time, waits between attempts, and errors by code. */
export class Server {
  #client: SupabaseClient | undefined;
  readonly #options: ServerOptions;
  /** Before this time the server wants no calls. */
  #notBefore_ms = 0;
  /** What the server's clock is ahead of this machine's. */
  #ahead_ms = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** For Realtime and for reading; whoever calls with it before there is a token is nobody. */
  get client(): SupabaseClient {
    this.#client ??= createClient(this.#options.url, this.#options.publishableKey, {
      // supabase-js asks for one as soon as it is made, and complains of none on the console. Calls have theirs before they come here.
      accessToken: () => this.#options.token().catch(() => null),
      global: { fetch: (input, init) => this.#fetch(input, init) },
    });
    return this.#client;
  }

  /** Milliseconds since the Unix epoch by the server's clock, as far as it is known: this machine's may be wrong. */
  now(): number {
    return this.#options.clock.now() + this.#ahead_ms;
  }

  /** The server has said its time in an answer to what was sent then. */
  hearTime(server_time: string, sent_at_ms: number): void {
    const heard_ms = Date.parse(server_time);
    // It was said somewhere between.
    if (Number.isFinite(heard_ms)) this.#ahead_ms = heard_ms - (sent_at_ms + this.#options.clock.now()) / 2;
  }

  /** Leaves all channels. */
  async close(): Promise<void> {
    await this.#client?.removeAllChannels().catch(() => {});
    this.#client?.realtime.disconnect();
  }

  /**
   * Calls a database function once.
   *
   * @throws RunnerError with the code of the server, or `network_unreachable`, `timed_out`, `unexpected_answer`
   */
  async call<T extends z.ZodType>(name: string, args: object, answer: T, signal?: AbortSignal): Promise<z.output<T>> {
    const token = await this.#options.token();
    const query = this.client.rpc(name, args);
    const { data, error, status }: { data: unknown; error: unknown; status: number } = await (signal
      ? query.abortSignal(signal)
      : query);
    signal?.throwIfAborted();
    if (error) {
      const refusal = this.#refusalOf(status, error, name);
      this.#options.onRefusal(refusal, token);
      throw refusal;
    }
    return this.#parse(answer, data, name);
  }

  /** Reads rows. As `call` in all else. */
  async read<T extends z.ZodType>(
    what: string,
    query: (client: SupabaseClient) => PromiseLike<{ data: unknown; error: unknown; status: number }>,
    answer: T,
  ): Promise<z.output<T>> {
    const token = await this.#options.token();
    const { data, error, status } = await query(this.client);
    if (error) {
      const refusal = this.#refusalOf(status, error, what);
      this.#options.onRefusal(refusal, token);
      throw refusal;
    }
    return this.#parse(answer, data, what);
  }

  /** Posts to the function `runner`, with no token or with one. */
  async post<T extends z.ZodType>(path: string, body: object, answer: T, token?: string): Promise<z.output<T>> {
    const { url, publishableKey } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(`${url}/functions/v1/runner/${path}`, {
        method: 'POST',
        headers: {
          apikey: publishableKey,
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      });
      text = await response.text();
    } catch (error) {
      throw unreachable(error, path, url);
    }
    const json = parseJson(text);
    if (!response.ok) throw this.#refusalOf(response.status, json, path);
    return this.#parse(answer, json, path);
  }

  /** Repeats an operation until it succeeds or fails for good. An unreachable server is no failure. */
  async persist<T>(operation: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, backOff, onTrouble } = this.#options;
    for (let failures = 1; ; failures += 1) {
      signal.throwIfAborted();
      try {
        return await operation();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RunnerError) || !isPassing(error)) throw error;
        onTrouble(error);
        const wait_ms = Math.max(backOffMs(failures, backOff), this.#notBefore_ms - clock.now());
        await clock.wait(wait_ms, signal);
      }
    }
  }

  async #fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const timeout = AbortSignal.timeout(this.#options.timeout_ms);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    // What is sent may hold the API key: it goes where the owner said, and nowhere else.
    const response = await this.#options.fetch(input, { ...init, signal, redirect: 'error' });
    const now_ms = this.#options.clock.now();
    const wait_ms = retryAfterMs(response.headers.get('retry-after'), now_ms);
    if (wait_ms > 0) this.#notBefore_ms = Math.max(this.#notBefore_ms, now_ms + wait_ms);
    return response;
  }

  #refusalOf(status: number, body: unknown, what: string): RunnerError {
    // supabase-js gives what fetch threw as an error with the status 0.
    if (status === 0) return unreachable(body, what, this.#options.url);
    if (isPublishableKeyRefused(status, body))
      return new RunnerError('invalid_publishable_key', 'the publishable key is not one of this server', { status });
    const parsed = z.object({ code: z.string().nullish(), message: z.string().nullish() }).safeParse(body);
    const code = parsed.data?.code ?? ErrorBody.safeParse(body).data?.code ?? '';
    const message = parsed.data?.message || `${what}: the server answered with status ${status}`;
    if (status === 401 && (TOKEN_CODES.has(code) || code === ''))
      return new RunnerError('token_expired', message, { status });
    return new RunnerError(code === '' ? 'unexpected_answer' : code, message, { status });
  }

  #parse<T extends z.ZodType>(answer: T, data: unknown, what: string): z.output<T> {
    const parsed = answer.safeParse(data);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new RunnerError(
      'unexpected_answer',
      `${what}: the server answered something else than this version of the runner knows (${issue?.path.join('.')}: ${issue?.message})`,
      { fix: 'Update the runner, or the server.' },
    );
  }
}

/** What Supabase's gateway says of a publishable key, not always with a code. Of API keys our functions say other words. */
function isPublishableKeyRefused(status: number, body: unknown): boolean {
  return status === 401 && z.object({ message: z.literal('Invalid API key') }).safeParse(body).success;
}

function unreachable(error: unknown, what: string, url: string): RunnerError {
  const text = error instanceof Error ? `${error.name} ${error.message}` : JSON.stringify(error);
  const isLate = /Timeout|timed out/i.test(text);
  const code = isLate ? 'timed_out' : 'network_unreachable';
  return new RunnerError(code, `${what}: ${isLate ? `no answer from ${url} in time` : `${url} cannot be reached`}`, {
    cause: error,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
