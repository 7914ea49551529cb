import type { SupabaseClient } from '@supabase/supabase-js';
import { asError } from './as-error.ts';
import type { Database } from './database.types.ts';
import { shareTopic } from './share-topic.ts';

/** `connecting` until the topic is joined, and again while the connection is lost; `denied` and `closed` are final. */
export type FeedStatus = 'connecting' | 'catching_up' | 'live' | 'denied' | 'closed';

/** A message of a topic and the numbers of the events that it holds. */
export interface FeedFrame {
  readonly from_seq: number;
  readonly seq: number;
  /** Takes it over; what the feed has already may be in it once more, where messages and rows overlap. */
  apply(): void | Promise<void>;
}

/** What a read of the rows brought. */
export interface CaughtUp {
  /** All up to this number has been taken over. */
  readonly seq: number;
  /** There is more: read again. */
  readonly hasMore: boolean;
}

/** Where the events of a topic come from when Realtime did not bring them, and what is done with them. */
export interface FeedSource {
  readonly topic: string;
  /** Reads a message. Undefined for one that is nothing to this feed; throws an error that says why one is malformed. */
  read(event: string, payload: unknown): FeedFrame | undefined;
  /** Takes over from the rows what came after a number; undefined at first, for the state as it is. */
  catchUp(after: number | undefined): Promise<CaughtUp>;
  /** Number of the latest event that the rows know. */
  newest(after: number): Promise<number>;
}

export interface FeedHandlers {
  onStatus?: ((status: FeedStatus) => void) | undefined;
  /** Told of whatever goes wrong; the feed goes on unless its status is final. */
  onTrouble?: ((error: Error) => void) | undefined;
}

/** Most messages kept while rows are read; what is more is read from the rows, too. */
const MAX_WAITING = 1000;
/** Bounds of the wait for rows that Realtime told of: 1.1 seconds in all. */
const VISIBLE_ATTEMPTS = 20;
const VISIBLE_STEP_MS = 5;
const FIRST_CHECK_MS = 1000;
/** How long a message that was lost, and followed by none, can stay unnoticed. */
const CHECK_INTERVAL_MS = 30_000;
const RETRY_MS = [200, 500, 1000, 2000, 5000];

/**
 * The events of a topic in order, each once. Realtime makes them fast; where a number is missing, after a lost connection or a
 * lost message, they are read from the rows. A read also waits for what Realtime has told of already: Postgres sends a commit a
 * moment before others see it.
 */
export class OrderedFeed {
  /** Resolves when the feed is live for the first time. Rejects when it is denied, or closed before that. */
  readonly ready: Promise<void>;
  readonly #source: FeedSource;
  readonly #handlers: FeedHandlers;
  readonly #firstLive = Promise.withResolvers<void>();
  readonly #leave: () => Promise<void>;
  #status: FeedStatus = 'connecting';
  #lastSeq: number | undefined;
  /** Greatest number heard of. */
  #heardSeq = 0;
  #waiting: FeedFrame[] = [];
  #isJoined = false;
  #isBehind = false;
  #isWorking = false;
  /** After a failure, until it is tried again. */
  #isResting = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: SupabaseClient<Database>, source: FeedSource, handlers: FeedHandlers = {}, after?: number) {
    this.#source = source;
    this.#handlers = handlers;
    this.#lastSeq = after;
    this.ready = this.#firstLive.promise;
    // Whoever does not wait for it hears of trouble from the handlers.
    this.ready.catch(() => {});
    this.#leave = shareTopic(client, source.topic, {
      onMessage: (event, payload) => this.#hear(event, payload),
      onJoined: () => {
        this.#isJoined = true;
        this.#isResting = false;
        this.#readRows();
        this.#checkIn(FIRST_CHECK_MS);
      },
      onLost: (error, isDenied) => this.#lose(error, isDenied),
    });
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Stops listening. Nothing is taken over any more once this is called. */
  async stop(): Promise<void> {
    this.#end('closed', new Error('the feed was stopped'));
    await this.#leave();
  }

  get #isOver(): boolean {
    return this.#status === 'closed' || this.#status === 'denied';
  }

  #hear(event: string, payload: unknown): void {
    if (this.#isOver) return;
    try {
      const frame = this.#source.read(event, payload);
      if (!frame) return;
      this.#heardSeq = Math.max(this.#heardSeq, frame.seq);
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(frame);
      else this.#isBehind = true;
      this.#work();
    } catch (error) {
      this.#trouble(asError(error));
      this.#readRows();
    }
  }

  #lose(error: Error, isDenied: boolean): void {
    if (this.#isOver) return;
    this.#isJoined = false;
    this.#trouble(error);
    if (isDenied) {
      this.#end('denied', error);
      // Not waited for: the channel that tells of it is being left.
      this.#leave().catch((failure: unknown) => this.#trouble(asError(failure)));
    } else this.#setStatus('connecting');
  }

  #readRows(): void {
    this.#isBehind = true;
    this.#work();
  }

  /** Takes over what waits, one after the other, and reads rows where something is missing. */
  async #work(): Promise<void> {
    if (this.#isWorking || this.#isResting) return;
    this.#isWorking = true;
    try {
      while (!this.#isOver && (this.#isBehind || this.#waiting.length > 0)) {
        if (this.#isBehind || this.#lastSeq === undefined) await this.#catchUp();
        else await this.#takeNext(this.#lastSeq);
      }
      this.#failures = 0;
      if (this.#isJoined && !this.#isOver) {
        this.#setStatus('live');
        this.#firstLive.resolve();
      }
    } catch (error) {
      this.#fail(asError(error));
    } finally {
      this.#isWorking = false;
    }
  }

  async #takeNext(lastSeq: number): Promise<void> {
    const [frame] = this.#waiting;
    if (!frame) return;
    if (frame.from_seq > lastSeq + 1) {
      this.#isBehind = true;
      return;
    }
    this.#waiting.shift();
    if (frame.seq <= lastSeq) return;
    await frame.apply();
    this.#lastSeq = frame.seq;
  }

  async #catchUp(): Promise<void> {
    this.#setStatus('catching_up');
    this.#isBehind = false;
    for (let attempt = 1; !this.#isOver; ) {
      const { seq, hasMore } = await this.#source.catchUp(this.#lastSeq);
      this.#lastSeq = Math.max(this.#lastSeq ?? 0, seq);
      if (hasMore) continue;
      if (this.#lastSeq >= this.#heardSeq) return;
      if (attempt > VISIBLE_ATTEMPTS) throw new Error(`the rows of event ${this.#heardSeq} cannot be read yet`);
      await pause(attempt * VISIBLE_STEP_MS);
      attempt += 1;
    }
  }

  /** Reading failed: it is tried again later, unless there is nothing to read. */
  #fail(error: ReturnType<typeof asError>): void {
    if (this.#isOver) return;
    this.#trouble(error);
    this.#isBehind = true;
    if (this.#endWhereGone(error)) return;
    this.#isResting = true;
    this.#checkIn(RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? CHECK_INTERVAL_MS);
    this.#failures += 1;
  }

  #checkIn(delay_ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(() => this.#check(), delay_ms);
  }

  /** Looks whether the rows know more than was heard of: a message can be lost, too, when none comes after it. */
  async #check(): Promise<void> {
    this.#checkIn(CHECK_INTERVAL_MS);
    this.#isResting = false;
    if (this.#isWorking || !this.#isJoined) return;
    if (this.#isBehind || this.#lastSeq === undefined) {
      this.#readRows();
      return;
    }
    try {
      const newest = await this.#source.newest(this.#lastSeq);
      if (newest > this.#lastSeq) this.#readRows();
    } catch (error) {
      this.#trouble(asError(error));
      this.#endWhereGone(asError(error));
    }
  }

  /** What is not the caller's, or is no more since it was deleted, is final. */
  #endWhereGone(error: ReturnType<typeof asError>): boolean {
    if (this.#isOver || error.code !== 'run_not_found') return false;
    this.#end('denied', error);
    this.#leave().catch((failure: unknown) => this.#trouble(asError(failure)));
    return true;
  }

  #setStatus(status: FeedStatus): void {
    if (this.#status === status || this.#isOver) return;
    this.#status = status;
    this.#handlers.onStatus?.(status);
  }

  #trouble(error: Error): void {
    if (!this.#isOver) this.#handlers.onTrouble?.(error);
  }

  #end(status: 'denied' | 'closed', reason: Error): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#setStatus(status);
    this.#firstLive.reject(reason);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
