import type { BacktestSummary } from '@tradebase/contracts';
import { formatNumber, formatPercent, moneyDecimals } from './format.ts';
import { metricHelp } from './metric-help.ts';

export type Tone = 'gain' | 'loss' | 'neutral';

/** One headline figure, ready to print. */
export interface Figure {
  readonly label: string;
  /** Null when the metric is undefined; `note` is then the reason. */
  readonly value: string | null;
  /** What the figure is measured by, or why it has no value. */
  readonly note: string;
  readonly tone: Tone;
  /** What the figure means, in a sentence or two. */
  readonly help: string;
}

export interface HeadlineFigures {
  /** The four that decide whether to read on. */
  readonly primary: readonly Figure[];
  readonly secondary: readonly Figure[];
}

/** Colour of an amount that is good above zero and bad below. */
export function toneOf(value: number): Tone {
  if (value > 0) return 'gain';
  return value < 0 ? 'loss' : 'neutral';
}

export type MetricName = {
  [Name in keyof BacktestSummary]: BacktestSummary[Name] extends number | null ? Name : never;
}[keyof BacktestSummary];

/** The figures of a summary in reading order, for the terminal and the HTML report alike. */
export function headlineFigures(summary: BacktestSummary): HeadlineFigures {
  const decimals = moneyDecimals(summary.initial_cash);
  const money = (value: number) => formatNumber(value, { decimals });
  const ratio = (value: number) => formatNumber(value, { decimals: 2 });
  const percent = (value: number) => formatPercent(value);
  const signedPercent = (value: number) => formatPercent(value, { signed: true });

  const figure = (name: MetricName, label: string, format: (value: number) => string, note = ''): Figure => {
    const value = summary[name];
    const common = { label, help: metricHelp(name), tone: 'neutral' } as const;
    if (value !== null) return { ...common, value: format(value), note };
    return { ...common, value: null, note: summary.undefined_metrics[name] ?? 'no reason was given' };
  };
  const toned = (name: MetricName, label: string, note: string): Figure => ({
    ...figure(name, label, signedPercent, note),
    tone: toneOf(summary[name] ?? 0),
  });

  return {
    primary: [
      toned('total_return_pct', 'Total return', 'after costs'),
      figure('buy_and_hold_return_pct', 'Buy and hold', signedPercent, 'first open to last close, no fee'),
      figure('max_drawdown_pct', 'Max drawdown', (value) => percent(-value), 'from the running peak'),
      figure(
        'sharpe',
        'Sharpe',
        ratio,
        `from daily returns, ${formatNumber(summary.periods_per_year, { decimals: 0 })} a year`,
      ),
    ],
    secondary: [
      figure('initial_cash', 'Initial cash', money),
      figure('final_equity', 'Final equity', money),
      toned('cagr_pct', 'CAGR', ''),
      figure('sortino', 'Sortino', ratio),
      figure('calmar', 'Calmar', ratio),
      figure('trades', 'Closed trades', (value) => formatNumber(value, { decimals: 0 })),
      figure('win_rate_pct', 'Win rate', percent),
      figure('profit_factor', 'Profit factor', ratio),
      figure('exposure_pct', 'Exposure', percent),
      figure('fees_paid', 'Fees paid', money),
    ],
  };
}
