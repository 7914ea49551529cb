import type { FillRow, PositionRow, RunState } from '@tradebase/client';
import { equityChart } from '../report/equity-chart.ts';

/** What a panel is drawn for. */
export interface PanelBounds {
  /** Times of the market at which the run begins and ends, in milliseconds since the Unix epoch. */
  readonly from_ms: number;
  readonly to_ms: number;
  readonly initial_balance: number;
}

const CHART_HEIGHT = 8;
const CHART_MAX_WIDTH = 100;
/** Beside the curve: its labels. */
const LABEL_WIDTH = 10;
const FILLS = 4;
const MARGIN = '  ';

const money = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'always',
});
const amount = new Intl.NumberFormat('en', { maximumSignificantDigits: 7 });

/** A run for the terminal as it goes on: where it is, its equity so far, what it holds, and its latest fills. */
export class RunPanel {
  readonly #bounds: PanelBounds;
  readonly #curve: { at: string[]; equity: number[] } = { at: [], equity: [] };

  constructor(bounds: PanelBounds) {
    this.#bounds = bounds;
  }

  /** The lines of the panel; the first one says the most. */
  draw({ run, positions, fills }: RunState, columns: number): string[] {
    const { from_ms, to_ms, initial_balance } = this.#bounds;
    const at = run.last_bar_at ?? new Date(from_ms).toISOString();
    if (at !== this.#curve.at.at(-1)) {
      this.#curve.at.push(at);
      this.#curve.equity.push(initial_balance + run.total_pnl);
    }
    // The curve grows into the room that the whole run will take.
    const done = (Date.parse(at) - from_ms) / (to_ms - from_ms);
    const room = Math.min(columns - MARGIN.length, CHART_MAX_WIDTH) - LABEL_WIDTH;
    const width = LABEL_WIDTH + Math.round(room * Math.min(1, Math.max(0, done)));
    const open = [...positions.values()].filter(({ status }) => status === 'open');
    const profit = `P&L ${money.format(run.total_pnl)}`;
    const head = [minuteOf(at), profit, `${run.trade_count} trades`, describeHeld(open)].join('  ');
    const cut = (line: string) => `${MARGIN}${line}`.slice(0, columns);
    const chart = equityChart(this.#curve, { width, height: CHART_HEIGHT, color: true }).split('\n');
    return [
      cut(head),
      '',
      ...chart.map((line) => MARGIN + line),
      '',
      ...fills.slice(-FILLS).map(describeFill).map(cut),
    ];
  }
}

function describeHeld(open: readonly PositionRow[]): string {
  if (open.length === 0) return 'flat';
  return open
    .map(({ direction, open_quantity, symbol, entry_price, unrealized_pnl }) => {
      const entry = `${direction} ${amount.format(open_quantity)} ${symbol} at ${amount.format(entry_price ?? 0)}`;
      return `${entry} (${money.format(unrealized_pnl)})`;
    })
    .join(', ');
}

function describeFill({ executed_at, side, quantity, symbol, price }: FillRow): string {
  const done = side === 'buy' ? 'bought' : 'sold  ';
  return `${minuteOf(executed_at)}  ${done} ${amount.format(quantity)} ${symbol} at ${amount.format(price)}`;
}

function minuteOf(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}

/** Profit as the panel writes it. */
export function formatProfit(profit: number): string {
  return money.format(profit);
}
