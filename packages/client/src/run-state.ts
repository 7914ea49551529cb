import type { LogLine, OrderUpdate, PnlUpdate, PositionUpdate, RunChanges } from '@tradebase/contracts';
import type { Database } from './database.types.ts';

type Tables = Database['public']['Tables'];
type Row = RunChanges['orders'][number];

export type OrderRow = Tables['orders']['Row'];
export type PositionRow = Tables['positions']['Row'];
export type TradeRow = Tables['trades']['Row'];
export type FillRow = Tables['fills']['Row'];
/** The row of the run, without what runners and the risk gate keep there for themselves. */
export type RunRow = Omit<
  Tables['trading_runs']['Row'],
  | 'event_seq'
  | 'last_report_seq'
  | 'last_fill_seq'
  | 'last_log_seq'
  | 'market_day'
  | 'day_start_pnl'
  | 'peak_pnl'
  | 'updated_at'
>;

/** What is known of a run. The maps, by id, and the lists are those of the watch itself: they change under their readers. */
export interface RunState {
  readonly run: RunRow;
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly positions: ReadonlyMap<string, PositionRow>;
  readonly trades: ReadonlyMap<string, TradeRow>;
  /** In the order of their numbers. */
  readonly fills: readonly FillRow[];
  /** The latest lines, in the order of their numbers. */
  readonly logs: readonly LogLine[];
}

/** What has changed since the change before: rows as they are now, each once. */
export interface RunChange {
  /** The change before went up to here, and this one goes up to `seq`. */
  readonly after_seq: number;
  readonly seq: number;
  /** Profit or status of the run. */
  readonly run: boolean;
  readonly orders: readonly OrderRow[];
  readonly positions: readonly PositionRow[];
  readonly trades: readonly TradeRow[];
  readonly fills: readonly FillRow[];
  /** New lines that are among the latest. */
  readonly logs: readonly LogLine[];
}

/** Builds the state of a run from rows and messages, which may overlap: what it has already changes nothing. */
export class RunStateBuilder {
  readonly #maxLogs: number;
  readonly #orders = new Map<string, OrderRow>();
  readonly #positions = new Map<string, PositionRow>();
  readonly #trades = new Map<string, TradeRow>();
  readonly #fills: FillRow[] = [];
  readonly #logs: LogLine[] = [];
  #run: RunRow | undefined;
  #seq = 0;
  #lastLogSeq: number | undefined;
  #pending = newPending(0);

  /** @param maxLogs how many of the latest lines are kept */
  constructor(maxLogs: number) {
    this.#maxLogs = maxLogs;
  }

  get state(): RunState | undefined {
    if (!this.#run) return undefined;
    return {
      run: this.#run,
      orders: this.#orders,
      positions: this.#positions,
      trades: this.#trades,
      fills: this.#fills,
      logs: this.#logs,
    };
  }

  get lastFillSeq(): number {
    return this.#fills.at(-1)?.seq ?? 0;
  }

  /** Number of the last line seen, kept or not; undefined before the first read. */
  get lastLogSeq(): number | undefined {
    return this.#lastLogSeq;
  }

  takeRows(changes: RunChanges): void {
    if (changes.run) {
      if (!isRun(changes.run)) throw malformed('run', changes.run);
      this.#run = changes.run;
      this.#pending.run = true;
    }
    this.#takeOrders(changes.orders);
    this.#takePositions(changes.positions, changes.trades);
    this.#takeFills(changes.fills);
    this.takeLogs(changes.logs);
    this.#lastLogSeq ??= 0;
    this.#seq = Math.max(this.#seq, changes.event_seq);
  }

  takeOrders({ orders, fills, seq }: OrderUpdate): void {
    this.#takeOrders(orders);
    this.#takeFills(fills);
    this.#seq = seq;
  }

  takePositions({ positions, trades, seq }: PositionUpdate): void {
    this.#takePositions(positions, trades);
    this.#seq = seq;
  }

  takeProfit({ run_id, from_seq, seq, ...profit }: PnlUpdate): void {
    if (this.#run) this.#run = { ...this.#run, ...profit };
    this.#pending.run = true;
    this.#seq = seq;
  }

  takeLogs(lines: readonly LogLine[], seq = this.#seq): void {
    for (const line of lines) {
      if (line.seq <= (this.#lastLogSeq ?? 0)) continue;
      this.#lastLogSeq = line.seq;
      this.#logs.push(line);
      this.#pending.logs.push(line);
    }
    keepLast(this.#logs, this.#maxLogs);
    keepLast(this.#pending.logs, this.#maxLogs);
    this.#seq = seq;
  }

  /** What has changed since this was asked last; undefined for nothing. */
  takeChange(): RunChange | undefined {
    const { after_seq, run, orders, positions, trades, fills, logs } = this.#pending;
    const changes = [...orders.values(), ...positions.values(), ...trades.values(), ...fills, ...logs];
    if (!run && changes.length === 0 && after_seq === this.#seq) return undefined;
    this.#pending = newPending(this.#seq);
    return {
      after_seq,
      seq: this.#seq,
      run,
      orders: [...orders.values()],
      positions: [...positions.values()],
      trades: [...trades.values()],
      fills,
      logs,
    };
  }

  #takeOrders(rows: readonly Row[]): void {
    for (const row of rows) {
      if (!isOrder(row)) throw malformed('order', row);
      takeNewer(row, this.#orders, this.#pending.orders);
    }
  }

  #takePositions(positions: readonly Row[], trades: readonly Row[]): void {
    for (const row of positions) {
      if (!isPosition(row)) throw malformed('position', row);
      takeNewer(row, this.#positions, this.#pending.positions);
    }
    for (const row of trades) {
      if (!isTrade(row)) throw malformed('trade', row);
      takeNewer(row, this.#trades, this.#pending.trades);
    }
  }

  #takeFills(rows: readonly Row[]): void {
    for (const row of rows) {
      if (!isFill(row)) throw malformed('fill', row);
      if (row.seq <= this.lastFillSeq) continue;
      this.#fills.push(row);
      this.#pending.fills.push(row);
    }
  }
}

function newPending(after_seq: number) {
  return {
    after_seq,
    run: false,
    orders: new Map<string, OrderRow>(),
    positions: new Map<string, PositionRow>(),
    trades: new Map<string, TradeRow>(),
    fills: [] as FillRow[],
    logs: [] as LogLine[],
  };
}

/** Rows carry the number of their latest change: with an equal one they are equal. */
function takeNewer<T extends { id: string; event_seq: number }>(
  row: T,
  rows: Map<string, T>,
  changed: Map<string, T>,
): void {
  const known = rows.get(row.id);
  if (known && known.event_seq >= row.event_seq) return;
  rows.set(row.id, row);
  changed.set(row.id, row);
}

function keepLast(lines: LogLine[], count: number): void {
  if (lines.length > count) lines.splice(0, lines.length - count);
}

// The database wrote them, from whole rows of its tables: these see that they are rows of the right table.

function isNumbered(row: Row): boolean {
  return typeof row.id === 'string' && typeof row.event_seq === 'number';
}

function isOrder(row: Row): row is Row & OrderRow {
  return isNumbered(row) && typeof row.client_order_id === 'string';
}

function isPosition(row: Row): row is Row & PositionRow {
  return isNumbered(row) && typeof row.open_quantity === 'number';
}

function isTrade(row: Row): row is Row & TradeRow {
  return isNumbered(row) && typeof row.entry_at === 'string';
}

function isFill(row: Row): row is Row & FillRow {
  return typeof row.seq === 'number' && typeof row.executed_at === 'string';
}

function isRun(row: Row): row is Row & RunRow {
  return typeof row.id === 'string' && typeof row.bot_id === 'string' && typeof row.status === 'string';
}

function malformed(what: string, row: Row): Error {
  return new Error(`the feed brought something that is no ${what}: ${JSON.stringify(row).slice(0, 200)}`);
}
