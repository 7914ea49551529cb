import type { BacktestSummary } from '@tradebase/contracts';
import { formatNumber, formatPercent, moneyDecimals } from './format.ts';
import { type Figure, type MetricName, toneOf } from './headline-figures.ts';
import { metricHelp } from './metric-help.ts';

export interface FigureGroup {
  readonly title: string;
  readonly figures: readonly Figure[];
}

type Format = (value: number) => string;

/** All figures of a summary beyond its headline, by what they are about. */
export function figureGroups(summary: BacktestSummary): FigureGroup[] {
  const decimals = moneyDecimals(summary.initial_cash);
  const money: Format = (value) => formatNumber(value, { decimals });
  const row = (name: MetricName, label: string, format: Format): Figure => {
    const value = summary[name];
    return {
      label,
      value: value === null ? null : format(value),
      note: value === null ? (summary.undefined_metrics[name] ?? 'no reason was given') : '',
      tone: 'neutral',
      help: metricHelp(name),
    };
  };
  const toned = (name: MetricName, label: string, format: Format): Figure => ({
    ...row(name, label, format),
    tone: toneOf(summary[name] ?? 0),
  });

  return [
    {
      title: 'Account',
      figures: [
        row('initial_cash', 'Initial cash', money),
        row('final_equity', 'Final equity', money),
        toned('cagr_pct', 'CAGR', signedPercent),
        row('exposure_pct', 'Exposure', formatPercent),
        row('turnover_per_year', 'Turnover a year', (value) => `${ratio(value)}x`),
        plain('Best month', monthText(summary.best_month)),
        plain('Worst month', monthText(summary.worst_month)),
      ],
    },
    {
      title: 'Risk',
      figures: [
        row('volatility_pct', 'Volatility', formatPercent),
        row('sortino', 'Sortino', ratio),
        row('calmar', 'Calmar', ratio),
        row('probabilistic_sharpe', 'P(Sharpe > 0)', (value) => formatPercent(100 * value)),
        row('ulcer_index_pct', 'Ulcer index', formatPercent),
        row('var_95_pct', 'VaR 95 %, a day', formatPercent),
        row('cvar_95_pct', 'CVaR 95 %, a day', formatPercent),
        row('skewness', 'Skewness', ratio),
        row('kurtosis', 'Kurtosis', ratio),
        row('tail_ratio', 'Tail ratio', ratio),
      ],
    },
    {
      title: 'Trades',
      figures: [
        row('trades', 'Closed trades', count),
        row('win_rate_pct', 'Win rate', formatPercent),
        row('profit_factor', 'Profit factor', ratio),
        toned('expectancy', 'Expectancy', money),
        row('average_win', 'Average win', money),
        row('average_loss', 'Average loss', money),
        row('best_trade_pct', 'Best trade', signedPercent),
        row('worst_trade_pct', 'Worst trade', signedPercent),
        row('sqn', 'SQN', ratio),
        row('average_holding_bars', 'Average holding, bars', (value) => formatNumber(value, { decimals: 1 })),
        row('max_consecutive_losses', 'Losses in a row', count),
        row('average_mae_pct', 'Average MAE', formatPercent),
        row('average_mfe_pct', 'Average MFE', formatPercent),
      ],
    },
    {
      title: 'Benchmark',
      figures: [
        row('benchmark_return_pct', 'Return', signedPercent),
        row('benchmark_max_drawdown_pct', 'Max drawdown', (value) => formatPercent(-value)),
        toned('alpha_pct', 'Alpha a year', signedPercent),
        row('beta', 'Beta', ratio),
        row('correlation', 'Correlation', ratio),
        row('information_ratio', 'Information ratio', ratio),
      ],
    },
    { title: 'Costs', figures: costFigures(summary, money) },
    { title: 'Long and short', figures: sideFigures(summary, money) },
  ];
}

function costFigures({ costs }: BacktestSummary, money: Format): Figure[] {
  return [
    plain('Fees', money(costs.fees)),
    plain(
      'Slippage',
      money(costs.slippage),
      'What fills cost beyond the prices they were meant for: already in the prices.',
    ),
    plain('Funding', money(costs.funding)),
    plain('Borrow', money(costs.borrow)),
    plain('Interest', money(costs.interest)),
    plain('Total', money(costs.total)),
  ];
}

function sideFigures({ long, short }: BacktestSummary, money: Format): Figure[] {
  return (['long', 'short'] as const).flatMap((name) => {
    const side = name === 'long' ? long : short;
    if (side.trades === 0) return [plain(`${name === 'long' ? 'Long' : 'Short'} trades`, '0')];
    return [
      plain(`${name === 'long' ? 'Long' : 'Short'} trades`, count(side.trades)),
      { ...plain('Net profit', money(side.pnl)), tone: toneOf(side.pnl) },
      plain('Win rate', side.win_rate_pct === null ? 'n/a' : formatPercent(side.win_rate_pct)),
      plain('Profit factor', side.profit_factor === null ? 'n/a' : ratio(side.profit_factor)),
    ];
  });
}

function plain(label: string, value: string, help = ''): Figure {
  return { label, value, note: '', tone: 'neutral', help };
}

function monthText(month: BacktestSummary['best_month']): string {
  return month === null ? 'n/a' : `${formatPercent(month.return_pct, { signed: true })} in ${month.at}`;
}

function ratio(value: number): string {
  return formatNumber(value, { decimals: 2 });
}

function count(value: number): string {
  return formatNumber(value, { decimals: 0 });
}

function signedPercent(value: number): string {
  return formatPercent(value, { signed: true });
}
