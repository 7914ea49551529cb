import type { TokenClaims } from '../config/verify-token.ts';
import { type Allowed, authorizeRead, authorizeWrite, type Extension, type TopicRequest } from './authorize-topic.ts';
import { isDatabaseAnswer } from './database-answer.ts';
import type { RealtimeServices } from './realtime-services.ts';
import { CredentialRefused, verifyCredential } from './verify-credential.ts';

const DATABASE_UNAVAILABLE = 'DatabaseUnavailable';

/** Why a channel is closed to a client: `message` is what it is told. */
export class AccessRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface ChannelAccessOptions {
  readonly services: RealtimeServices;
  /** Name of the channel, without `realtime:`. */
  readonly name: string;
  readonly isPrivate: boolean;
  readonly headers: Record<string, string>;
}

/**
 * What one client may do on one channel. Policies are asked when the client joins, when its token changes, before its
 * first message, and from time to time; in between the answers are kept, so that a right taken away is noticed late.
 */
export class ChannelAccess {
  readonly #options: ChannelAccessOptions;
  #token = '';
  #claims: TokenClaims | undefined;
  #read: Partial<Record<Extension, boolean>> = {};
  #write: Allowed | undefined;

  constructor(options: ChannelAccessOptions) {
    this.#options = options;
  }

  /** On a public channel everyone may do everything. */
  mayRead(extension: Extension): boolean {
    return !this.#options.isPrivate || this.#read[extension] === true;
  }

  holds(token: string): boolean {
    return this.#token === token;
  }

  /** Milliseconds until the token expires. */
  get expiresInMs(): number {
    return (this.#claims?.exp ?? 0) * 1000 - Date.now();
  }

  /** Claims of the token that was accepted last. */
  get claims(): TokenClaims {
    if (!this.#claims) throw new Error('a channel has claims only after a token was accepted');
    return this.#claims;
  }

  /**
   * Looks at the token and asks the policies again. Throws AccessRefused where the token is no longer good, or allows
   * less than before. False where the policies could not be asked: then what they said last holds.
   */
  async recheck(extensions: readonly Extension[]): Promise<boolean> {
    this.#claims = await this.#verify(this.#token);
    this.#write = undefined;
    try {
      await this.#readAgain(extensions);
      return true;
    } catch (error) {
      if (error instanceof AccessRefused && error.code === DATABASE_UNAVAILABLE) return false;
      throw error;
    }
  }

  /**
   * Takes a token, and asks the policies what it may receive. Throws AccessRefused where that is nothing, or less than
   * the token before it was allowed.
   */
  async admit(token: string, extensions: readonly Extension[]): Promise<void> {
    const claims = await this.#verify(token);
    this.#token = token;
    this.#claims = claims;
    this.#write = undefined;
    await this.#readAgain(extensions);
  }

  /** What a client is told that may not receive anything here. */
  refusal(): AccessRefused {
    const reason = `You do not have permissions to read from this Channel topic: ${this.#options.name}`;
    return new AccessRefused('Unauthorized', reason);
  }

  /** Whether the client may send. The first question asks the policies. */
  async mayWrite(extension: Extension): Promise<boolean> {
    if (!this.#options.isPrivate) return true;
    this.#write ??= await this.#ask(() => authorizeWrite(this.#options.services.pool, this.#request()));
    return this.#write.has(extension);
  }

  async #readAgain(extensions: readonly Extension[]): Promise<void> {
    if (!this.#options.isPrivate) return;
    const before = this.#read;
    const allowed = await this.#ask(() => authorizeRead(this.#options.services.pool, this.#request(), extensions));
    this.#read = Object.fromEntries(extensions.map((extension) => [extension, allowed.has(extension)]));
    if (allowed.size === 0) throw this.refusal();
    if (!extensions.some((extension) => before[extension] === true && !allowed.has(extension))) return;
    const reason = `You no longer have permission to read from this Channel topic: ${this.#options.name}`;
    throw new AccessRefused('Unauthorized', reason);
  }

  async #verify(token: string): Promise<TokenClaims> {
    try {
      return await verifyCredential(this.#options.services.context, token);
    } catch (error) {
      if (error instanceof CredentialRefused) throw new AccessRefused(error.code, error.message);
      throw error;
    }
  }

  async #ask(question: () => Promise<Allowed>): Promise<Allowed> {
    try {
      return await question();
    } catch (error) {
      this.#options.services.log('realtime', `policies on realtime.messages could not be asked: ${String(error)}`);
      // A policy that raises, or a role that does not exist, refuses; a database out of reach is another matter.
      if (isDatabaseAnswer(error) && !error.code.startsWith('57')) throw this.refusal();
      throw new AccessRefused(DATABASE_UNAVAILABLE, 'Realtime was unable to connect to the project database');
    }
  }

  #request(): TopicRequest {
    const { name, headers } = this.#options;
    return { topic: name, claims: this.claims, headers };
  }
}
