import {
  GateDecision,
  MAX_INTENTS,
  MAX_REPORT_ITEMS,
  OrderIntent,
  Reconciliation,
  ReportItem,
  ReportReceipt,
  type RunHolding,
} from '@tradebase/contracts';
import { z } from 'zod';
import { asRunnerError } from './as-runner-error.ts';
import { orAborted } from './or-aborted.ts';
import type { ReportSpool, SpooledItem } from './report-spool.ts';
import { RunnerError } from './runner-error.ts';
import type { Server } from './server.ts';

/** An item that the server refused for good. What came with it was taken. */
export interface RejectedItem {
  readonly run_id: string;
  readonly item: ReportItem | null;
  readonly code: string;
  readonly message: string;
}

export interface RunParts {
  readonly runId: string;
  readonly botId: string;
  readonly fencingToken: number;
  readonly server: Server;
  readonly spool: ReportSpool;
  /** The fencing token with which this runner holds the run now; null where it holds it no more. */
  readonly findLease: (runId: string) => Promise<number | null>;
  readonly onRejected: (rejected: RejectedItem) => void;
  readonly onEnd: (run: Run, reason: RunnerError) => void;
}

const Decisions = z.array(GateDecision);
/** Times that one call may be overtaken by a new connection. */
const MOST_OVERTAKEN = 10;
/** Of PostgREST for JSON that it cannot parse, and of the database for what is no report, or too large. */
const UNREADABLE_CODES: ReadonlySet<string> = new Set(['PGRST102', 'invalid_request', 'payload_too_large']);
const STALE_CODES: ReadonlySet<string> = new Set(['stale_lease', 'run_not_found']);

/** A run that this runner holds: what it reports goes through the spool, what it wants to open through the risk gate. */
export class Run {
  readonly runId: string;
  readonly botId: string;
  readonly #parts: RunParts;
  readonly #spool: ReportSpool;
  readonly #stop = new AbortController();
  #fencingToken: number;
  #sending: Promise<void> | undefined;
  #confirmed = Promise.withResolvers<void>();
  /** Resolved while openings may be asked for: after reconciliation, until the next connection. */
  #ready = Promise.withResolvers<void>();
  #isOpen = false;
  /** Counts connections. */
  #connection = 0;
  readonly #undecided = new Set<string>();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#spool = parts.spool;
    this.runId = parts.runId;
    this.botId = parts.botId;
    this.#fencingToken = parts.fencingToken;
    this.#ready.promise.catch(() => {});
  }

  /** Aborted when the run is no longer held here, with the reason: write nothing more for it. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Orders that were sent to the gate and not decided on yet. */
  get undecidedOrders(): readonly string[] {
    return [...this.#undecided];
  }

  /** Bytes of reports that wait for the server. */
  get spooledBytes(): number {
    return this.#spool.pendingBytes;
  }

  /**
   * Reports what happened, in this order. Resolves once it is safe on disk; it is sent as soon as the server can be reached.
   * Where the disk does not take it, the run ends here, to be taken up again: who goes on would trade what nobody knows of.
   */
  async report(...items: z.input<typeof ReportItem>[]): Promise<void> {
    this.#stop.signal.throwIfAborted();
    const parsed = items.map((item) => ReportItem.parse(item));
    try {
      await this.#spool.append(parsed);
    } catch (error) {
      this.#onFailure(error);
      throw error;
    }
    this.#send();
  }

  /** Resolves when the database has all that was reported before. */
  async flush(): Promise<void> {
    // Not by its number, which may still change.
    const last = this.#spool.pending.at(-1)?.item;
    this.#send();
    while (last !== undefined && this.#spool.pending.some(({ item }) => item === last)) {
      this.#stop.signal.throwIfAborted();
      await this.#confirmed.promise;
    }
  }

  /**
   * Asks the risk gate for orders, once it knows all that was reported before, and returns its decisions in the same order.
   * Takes as long as the server cannot be reached; asked again with the same ids it gets the same answer.
   *
   * @param signal gives the question up, as long as it was not put to the server
   * @throws RunnerError `stale_lease` and what else ends the run
   */
  async submit(intents: readonly z.input<typeof OrderIntent>[], signal?: AbortSignal): Promise<GateDecision[]> {
    const parsed = intents.map((intent) => OrderIntent.parse(intent));
    await this.flush();
    const decisions: GateDecision[] = [];
    for (let n = 0; n < parsed.length; n += MAX_INTENTS) {
      decisions.push(...(await this.#submit(parsed.slice(n, n + MAX_INTENTS), signal)));
    }
    return decisions;
  }

  async #submit(intents: readonly OrderIntent[], signal?: AbortSignal): Promise<GateDecision[]> {
    const ids = intents.map(({ client_order_id }) => client_order_id);
    for (const id of ids) this.#undecided.add(id);
    try {
      const decisions = await this.#persist(async () => {
        await (signal ? orAborted(this.#ready.promise, signal) : this.#ready.promise);
        return this.#call('submit_order_intents', { p_intents: intents }, Decisions);
      });
      return ids.map((id) => {
        const decision = decisions.find(({ client_order_id }) => client_order_id === id);
        if (decision) return decision;
        throw new RunnerError('unexpected_answer', `submit_order_intents: no decision on the order ${id}`);
      });
    } finally {
      for (const id of ids) this.#undecided.delete(id);
    }
  }

  /** Shows the server what the run holds. Until it agrees, nothing can be opened. */
  reconcile(holding: RunHolding): Promise<Reconciliation> {
    return this.#persist(() => this.#call('reconcile_run', { p_holding: holding }, Reconciliation));
  }

  /** The session has connected anew: openings wait for `open`. */
  renewLease(fencingToken: number): void {
    // What was asked before a newer connection may be answered after it.
    this.#fencingToken = Math.max(this.#fencingToken, fencingToken);
    this.#connection += 1;
    // Who waits already goes on waiting.
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => {});
  }

  /**
   * Openings may be asked for once this has come, unless the session connects anew before. Where it fails the run ends here,
   * to be taken up again: it would wait for ever, and look as if it were executed.
   */
  openAfter(condition: Promise<void>): void {
    const connection = this.#connection;
    condition.then(
      () => {
        if (connection === this.#connection) this.open();
      },
      (error: unknown) => {
        if (connection === this.#connection) this.#onFailure(error);
      },
    );
  }

  /** Openings may be asked for. */
  open(): void {
    this.#isOpen = true;
    this.#ready.resolve();
  }

  /** Ends the run here. What was reported before and not sent stays on disk, unless it is worth nothing any more. */
  async end(reason: RunnerError, { keepSpool }: { keepSpool: boolean }): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(reason);
    this.#ready.reject(reason);
    this.#notify();
    this.#parts.onEnd(this, reason);
    await this.#sending?.catch(() => {});
    await (keepSpool ? this.#spool.close() : this.#spool.remove());
  }

  #notify(): void {
    this.#confirmed.resolve();
    this.#confirmed = Promise.withResolvers();
  }

  #send(): void {
    this.#sending ??= this.#sendAll()
      .catch((error: unknown) => this.#onFailure(error))
      .finally(() => {
        this.#sending = undefined;
        if (this.#spool.pending.length > 0 && !this.#stop.signal.aborted) this.#send();
      });
  }

  async #sendAll(): Promise<void> {
    for (let most = MAX_REPORT_ITEMS; ; ) {
      const batch = this.#spool.nextBatch(most);
      const [first] = batch;
      const last = batch.at(-1);
      if (!first || !last) return;
      await this.#spool.markSent(last.seq);
      try {
        await this.#takeReceipt(await this.#reportItems(first.seq, batch), batch);
        most = Math.min(2 * most, MAX_REPORT_ITEMS);
      } catch (error) {
        if (!(error instanceof RunnerError) || !isUnreadable(error)) throw error;
        // What cannot be read keeps nothing beside it from being taken.
        if (batch.length > 1) most = Math.ceil(batch.length / 2);
        else await this.#passOver(first, error);
      }
    }
  }

  #reportItems(first_seq: number, items: readonly Pick<SpooledItem, 'item'>[]): Promise<ReportReceipt> {
    const args = { p_first_seq: first_seq, p_items: items.map(({ item }) => item) };
    return this.#persist(() => this.#call('report_run', args, ReportReceipt));
  }

  /** Has the number of an item that the server can never read taken by a line that says so. */
  async #passOver(spooled: SpooledItem, { code, message }: RunnerError): Promise<void> {
    const { seq, item } = spooled;
    const stand_in = {
      kind: 'log',
      level: 'ERROR',
      message: `The server could not read a report (${item.kind}, ${code})`,
    };
    const receipt = await this.#reportItems(seq, [{ item: ReportItem.parse({ ...stand_in, at: item.at }) }]);
    await this.#takeReceipt({ ...receipt, rejected: [...receipt.rejected, { seq, code, message }] }, [spooled]);
  }

  async #takeReceipt(receipt: ReportReceipt, batch: readonly SpooledItem[]): Promise<void> {
    for (const { seq, code, message } of receipt.rejected) {
      const item = batch.find((spooled) => spooled.seq === seq)?.item ?? null;
      this.#parts.onRejected({ run_id: this.runId, item, code, message });
    }
    if (receipt.missing_from === null) await this.#spool.confirm(receipt.last_seq);
    else await this.#spool.alignWith(receipt.missing_from - 1);
    this.#notify();
  }

  #call<T extends z.ZodType>(name: string, args: object, answer: T): Promise<z.output<T>> {
    const lease = { p_run_id: this.runId, p_fencing_token: this.#fencingToken };
    return this.#parts.server.call(name, { ...lease, ...args }, answer, this.#stop.signal);
  }

  /** Repeats a call, also with a newer lease where a new connection overtook it; ends the run where it is held no more. */
  async #persist<T>(operation: () => Promise<T>): Promise<T> {
    for (let overtaken = 1; ; overtaken += 1) {
      try {
        return await this.#parts.server.persist(operation, this.#stop.signal);
      } catch (error) {
        if (!(error instanceof RunnerError) || !STALE_CODES.has(error.code)) throw error;
        const held = await this.#parts.findLease(this.runId);
        if (held === null || overtaken === MOST_OVERTAKEN) {
          this.#onFailure(error);
          throw error;
        }
        // The session has connected anew: what was not let through yet waits for the reconciliation.
        if (held > this.#fencingToken) this.renewLease(held);
      }
    }
  }

  #onFailure(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const reason = asRunnerError(error);
    // Not waited for: it waits for the sender, which may be what failed.
    this.end(reason, { keepSpool: !STALE_CODES.has(reason.code) }).catch(() => {});
  }
}

/** Whether what was sent is refused for what it holds, as JSON that Postgres cannot store is, and would be each time. */
function isUnreadable({ code, status }: RunnerError): boolean {
  return status === 413 || UNREADABLE_CODES.has(code) || /^2[23][0-9A-Z]{3}$/.test(code);
}
