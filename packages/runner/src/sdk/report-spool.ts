import { join } from 'node:path';
import { type LogLevel, MAX_REPORT_ITEMS, ReportItem } from '@tradebase/contracts';
import { z } from 'zod';
import { AppendFile, type SyncPolicy } from './append-file.ts';

const Line = z.union([
  z.strictObject({ seq: z.int().min(1), item: ReportItem }),
  z.strictObject({ sent: z.int().min(0) }),
  z.strictObject({ taken: z.int().min(0) }),
]);

/** An item that the database does not have yet, as far as is known here. */
export interface SpooledItem {
  readonly seq: number;
  readonly item: ReportItem;
}

interface Pending extends SpooledItem {
  readonly bytes: number;
}

export interface ReportSpoolOptions {
  readonly sync?: SyncPolicy;
  /** Bytes that wait for the server before logs of the levels DEBUG and INFO are dropped, oldest first. */
  readonly most_bytes?: number;
  /** Time for the line that tells of dropped logs. */
  readonly now?: () => number;
}

const DEFAULT_MOST_BYTES = 256 * 1024 * 1024;
/** Well below what a report may have: the database counts its own way of writing the same JSON. */
const BATCH_BYTES = 160_000;
/** A file of lines that are no longer needed is left alone up to this size. */
const COMPACT_BYTES = 4 * 1024 * 1024;
const DROPPABLE: ReadonlySet<string> = new Set<LogLevel>(['DEBUG', 'INFO']);

/**
 * The reports of a run that the server has not confirmed, in order, on disk: what is in here outlives a crash and an outage
 * of any length. Numbers are given here; they only change as long as no one else has seen them.
 */
export class ReportSpool {
  readonly #file: AppendFile;
  readonly #mostBytes: number;
  readonly #now: () => number;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  /** All up to here are in the database. */
  #taken = 0;
  /** All up to here may be in the database: they keep their numbers. */
  #sent = 0;
  /** When next to look for logs to drop. */
  #dropAtBytes: number;

  private constructor(file: AppendFile, { most_bytes = DEFAULT_MOST_BYTES, now = Date.now }: ReportSpoolOptions) {
    this.#file = file;
    this.#mostBytes = most_bytes;
    this.#dropAtBytes = most_bytes;
    this.#now = now;
  }

  static async open(dir: string, options: ReportSpoolOptions = {}): Promise<ReportSpool> {
    const { file, values } = await AppendFile.open(join(dir, 'reports.log'), options.sync ?? 'always');
    const spool = new ReportSpool(file, options);
    for (const value of values) spool.#read(Line.parse(value));
    return spool;
  }

  #read(line: z.infer<typeof Line>): void {
    if ('item' in line) this.#push(line);
    else if ('sent' in line) this.#sent = line.sent;
    else this.#forget(line.taken);
  }

  #push({ seq, item }: SpooledItem): void {
    const bytes = Buffer.byteLength(JSON.stringify(item));
    this.#pending.push({ seq, item, bytes });
    this.#pendingBytes += bytes;
  }

  #forget(through: number): void {
    const first = this.#pending.findIndex(({ seq }) => seq > through);
    const forgotten = this.#pending.splice(0, first < 0 ? this.#pending.length : first);
    for (const { bytes } of forgotten) this.#pendingBytes -= bytes;
    this.#taken = through;
    this.#sent = Math.max(this.#sent, through);
  }

  /** Number of the last item that was put in, or that the database had before. */
  get lastSeq(): number {
    return this.#pending.at(-1)?.seq ?? this.#taken;
  }

  get takenSeq(): number {
    return this.#taken;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The items that wait. */
  get pending(): readonly SpooledItem[] {
    return this.#pending;
  }

  /** Puts items in, in order. Resolves once they are safe on disk. */
  async append(items: readonly ReportItem[]): Promise<void> {
    if (items.length === 0) return;
    const lines = items.map((item, n) => ({ seq: this.lastSeq + 1 + n, item }));
    for (const line of lines) this.#push(line);
    const written = this.#file.append(lines);
    const dropped = this.#pendingBytes > this.#dropAtBytes ? this.#dropLogs() : undefined;
    // Together: on a full disk both fail, and a failure that nobody waits for ends the process.
    await Promise.all([written, dropped]);
  }

  /** The next items to send, at most as many as a report may have, or fewer; none where all are in the database. */
  nextBatch(most = MAX_REPORT_ITEMS): readonly SpooledItem[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#pending) {
      bytes += item.bytes;
      if (count === most || (bytes > BATCH_BYTES && count > 0)) break;
      count += 1;
    }
    return this.#pending.slice(0, count);
  }

  /** Says that items up to a number are about to be sent: from here on they keep their numbers. */
  async markSent(seq: number): Promise<void> {
    if (seq <= this.#sent) return;
    this.#sent = seq;
    await this.#file.append([{ sent: seq }]);
  }

  /** Forgets what the database has. */
  async confirm(through: number): Promise<void> {
    if (through <= this.#taken) return;
    this.#forget(through);
    if (this.#file.bytes > COMPACT_BYTES && this.#file.bytes > 2 * this.#pendingBytes) await this.#rewrite();
    else await this.#file.append([{ taken: through }]);
  }

  /**
   * Goes on from what the database says that it has. Where that cannot be what was sent from here, another machine has
   * executed the run meanwhile, and what waits here is dropped; where the database has less than it confirmed, it has been
   * set back, and what waits follows on what it has.
   *
   * @returns how many items were dropped
   */
  async alignWith(lastSeq: number): Promise<number> {
    if (lastSeq >= this.#taken && lastSeq <= this.#sent) {
      await this.confirm(lastSeq);
      return 0;
    }
    const kept = lastSeq > this.#sent ? [] : this.#pending;
    const dropped = this.#pending.length - kept.length;
    this.#taken = lastSeq;
    this.#sent = lastSeq;
    this.#renumber(kept);
    await this.#rewrite();
    return dropped;
  }

  /** Drops the oldest logs of little weight that nobody has seen, and says in their place how many. */
  async #dropLogs(): Promise<void> {
    const enough = this.#pendingBytes - Math.floor(this.#mostBytes * 0.75);
    const kept: Pending[] = [];
    let [droppedBytes, droppedLogs, place] = [0, 0, 0];
    for (const entry of this.#pending) {
      const { item, seq, bytes } = entry;
      const isDropped = droppedBytes < enough && seq > this.#sent && item.kind === 'log' && DROPPABLE.has(item.level);
      if (isDropped) {
        if (droppedLogs === 0) place = kept.length;
        droppedLogs += 1;
        droppedBytes += bytes;
      } else kept.push(entry);
    }
    if (droppedLogs > 0) {
      const item = ReportItem.parse({
        kind: 'log',
        level: 'WARN',
        message: `${droppedLogs} older log lines were dropped: too much waited for the server`,
        data: { dropped: droppedLogs },
        at: new Date(this.#now()).toISOString(),
      });
      kept.splice(place, 0, { seq: 0, item, bytes: Buffer.byteLength(JSON.stringify(item)) });
      this.#renumber(kept);
      await this.#rewrite();
    }
    // What is left may be needed, and more than the bound: not looked through again at every item.
    this.#dropAtBytes = Math.max(this.#mostBytes, this.#pendingBytes * 1.25);
  }

  #renumber(entries: readonly Pending[]): void {
    this.#pending = entries.map(({ item, bytes }, n) => ({ seq: this.#taken + 1 + n, item, bytes }));
    this.#pendingBytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #rewrite(): Promise<void> {
    const items = this.#pending.map(({ seq, item }) => ({ seq, item }));
    return this.#file.replace([{ taken: this.#taken }, { sent: this.#sent }, ...items]);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Once the run is over. */
  remove(): Promise<void> {
    return this.#file.remove();
  }
}
