import { RunnerToken } from '@tradebase/contracts';
import type { Clock } from './clock.ts';
import { RunnerError } from './runner-error.ts';
import { Server, type ServerOptions } from './server.ts';

export interface SessionOptions extends Omit<ServerOptions, 'token' | 'onRefusal'> {
  readonly apiKey: string;
  readonly machineId: string;
  readonly machineInfo: Record<string, unknown>;
  readonly version: string;
  /** The session is over for good. */
  readonly onEnd: (error: RunnerError) => void;
  /** Connected, or connected anew: what was held must be reconciled. */
  readonly onConnected: (token: RunnerToken) => void;
}

/** Refusals after which nothing more can be done with this key and machine. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'runner_superseded',
  'invalid_api_key',
  'invalid_publishable_key',
  'ip_not_allowed',
]);
/** A token is renewed after this part of its life. */
const RENEW_AT = 2 / 3;
const SOONEST_RENEWAL_MS = 1000;
/** A timer of more than 24 days fires at once. */
const LATEST_RENEWAL_MS = 3_600_000;

/** A connection to the server, and the token for it: renewed in good time, replaced when refused, given up when final. */
export class Session {
  readonly server: Server;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #token: RunnerToken | undefined;
  #renewing: Promise<void> | undefined;
  #timer = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.server = new Server({
      ...options,
      token: () => this.#freshToken(),
      onRefusal: (error, token) => this.#onRefusal(error, token),
    });
  }

  /** What the latest token says. */
  get current(): RunnerToken {
    if (this.#token === undefined) throw new RunnerError('runner_not_connected', 'the runner has not connected yet');
    return this.#token;
  }

  /** Aborted when the session is over, with the reason. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Connects, as long as it takes. @throws RunnerError where the key, the address or the machine are refused */
  async connect(): Promise<void> {
    await this.#renew('authenticate');
  }

  /** Ends the session here; the server is not told. */
  end(reason: RunnerError): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(reason);
    this.#timer.abort();
    this.#options.onEnd(reason);
  }

  async #freshToken(): Promise<string> {
    await this.#renewing;
    this.#stop.signal.throwIfAborted();
    return this.current.token;
  }

  #onRefusal(error: RunnerError, token: string): void {
    if (FINAL_CODES.has(error.code)) {
      this.end(error);
      return;
    }
    // A call that was on its way with an older token says nothing of this one.
    if (token !== this.#token?.token) return;
    if (error.code === 'runner_not_connected') this.#renew('authenticate').catch(() => {});
    if (error.code === 'token_expired') this.#renew('refresh').catch(() => {});
  }

  #renew(how: 'authenticate' | 'refresh'): Promise<void> {
    this.#renewing ??= this.server
      .persist(() => (how === 'refresh' ? this.#refresh() : this.#authenticate()), this.#stop.signal)
      .catch((error: unknown) => {
        if (error instanceof RunnerError) this.end(error);
        throw error;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  async #authenticate(): Promise<void> {
    const { apiKey, machineId, machineInfo, version } = this.#options;
    const body = { api_key: apiKey, machine_id: machineId, machine_info: machineInfo, version };
    const sent_at_ms = this.#clock.now();
    this.#take(await this.server.post('authenticate', body, RunnerToken), sent_at_ms);
    this.#options.onConnected(this.current);
  }

  /** A token that is too old to be renewed, or of a session that the server has given up, is replaced by connecting again. */
  async #refresh(): Promise<void> {
    try {
      const sent_at_ms = this.#clock.now();
      this.#take(await this.server.post('refresh', {}, RunnerToken, this.current.token), sent_at_ms);
    } catch (error) {
      if (!(error instanceof RunnerError) || FINAL_CODES.has(error.code)) throw error;
      if (error.code !== 'token_expired' && error.code !== 'runner_not_connected') throw error;
      await this.#authenticate();
    }
  }

  #take(token: RunnerToken, sent_at_ms: number): void {
    this.#token = token;
    this.server.hearTime(token.server_time, sent_at_ms);
    this.#timer.abort();
    this.#timer = new AbortController();
    // By the server's clock alone: this machine's may be wrong.
    const life_ms = Date.parse(token.expires_at) - Date.parse(token.server_time);
    const wait_ms = Math.min(Math.max(life_ms * RENEW_AT, SOONEST_RENEWAL_MS), LATEST_RENEWAL_MS);
    this.#clock.wait(wait_ms, this.#timer.signal).then(
      () => this.#renew('refresh').catch(() => {}),
      // Replaced in the meantime, or over.
      () => {},
    );
  }
}
