import { equityChart } from './equity-chart.ts';
import { columnDecimals, formatBarTime, formatNumber, formatParams, formatPercent, moneyDecimals } from './format.ts';
import { type Figure, headlineFigures, type Tone, toneOf } from './headline-figures.ts';
import { printable } from './printable.ts';
import type { ReportInput } from './report-input.ts';

const TWO_COLUMNS_FROM = 72;
const CHART_MAX_WIDTH = 100;
const CHART_HEIGHT = 10;
const TRADES_AT_EACH_END = 3;

const STYLE = { bold: 1, dim: 2, loss: 31, gain: 32, warning: 33 } as const;
type Paint = (style: keyof typeof STYLE, text: string) => string;

export interface SummaryStyle {
  /** Width of the terminal, in characters. */
  readonly columns: number;
  readonly color: boolean;
}

/** A finished backtest for the terminal: what ran, its figures, the equity curve, its first and last trades. */
export function formatSummary(input: ReportInput, { columns, color }: SummaryStyle): string {
  const paint: Paint = (style, text) => (color ? `\u001b[${STYLE[style]}m${text}\u001b[0m` : text);
  const { primary, secondary } = headlineFigures(input.summary);
  return [
    titleLines(input, paint),
    figureLines([...primary, ...secondary], columns, paint),
    [equityChart(input.equity, { width: Math.min(columns, CHART_MAX_WIDTH), height: CHART_HEIGHT, color })],
    tradeLines(input, columns, paint),
    [paint('dim', `Engine ${input.summary.engine_version}, metrics version ${input.summary.metric_version}`)],
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function titleLines({ symbol, timeframe, strategy, fees, synthetic, summary }: ReportInput, paint: Paint): string[] {
  const from = formatBarTime(summary.first_bar_at, timeframe);
  const to = formatBarTime(summary.last_bar_at, timeframe);
  const lines = [
    paint('bold', `${printable(symbol)} ${timeframe}, ${strategy.name}`),
    [formatParams(strategy), fees].filter((text) => text !== '').join(', '),
    `${formatNumber(summary.bars, { decimals: 0 })} bars, ${from} to ${to} UTC`,
  ];
  if (synthetic) lines.push(paint('warning', 'Synthetic data: these prices were generated, no market traded at them.'));
  return lines;
}

/** Figures in one or two aligned columns, then the undefined ones, whose reasons need the whole line. */
function figureLines(figures: readonly Figure[], columns: number, paint: Paint): string[] {
  const labelWidth = Math.max(...figures.map(({ label }) => label.length)) + 2;
  const valueWidth = Math.max(...figures.map(({ value }) => value?.length ?? 0));
  const known: string[] = [];
  const undefinedLines: string[] = [];
  for (const { label, value, note, tone } of figures) {
    const name = paint('dim', label.padEnd(labelWidth));
    if (value === null) undefinedLines.push(`${name}n/a (${printable(note)})`);
    else known.push(name + paintTone(paint, tone, value.padStart(valueWidth)));
  }
  if (columns < TWO_COLUMNS_FROM) return [...known, ...undefinedLines];

  const half = Math.ceil(known.length / 2);
  const pairs = known.slice(0, half).map((left, row) => {
    const right = known[half + row];
    return right === undefined ? left : `${left}    ${right}`;
  });
  return [...pairs, ...undefinedLines];
}

function tradeLines({ trades, timeframe, summary }: ReportInput, columns: number, paint: Paint): string[] {
  const open = summary.open_position;
  const closing = open ? [`Position open since ${formatBarTime(open.entry_at, timeframe)}.`] : [];
  if (trades.length === 0) return ['No closed trades.', ...closing];

  const decimals = columnDecimals(
    trades.flatMap((trade) => [trade.entry_price, trade.exit_price]),
    { significant: 7 },
  );
  const money = moneyDecimals(summary.initial_cash);
  const isShort = trades.length <= 2 * TRADES_AT_EACH_END;
  const shown = isShort ? trades : [...trades.slice(0, TRADES_AT_EACH_END), ...trades.slice(-TRADES_AT_EACH_END)];
  const table = [
    ['#', 'Entry', 'Exit', 'Entry price', 'Exit price', 'P&L', 'Return'],
    ...shown.map((trade) => [
      String(trade.seq),
      formatBarTime(trade.entry_at, timeframe),
      formatBarTime(trade.exit_at, timeframe),
      formatNumber(trade.entry_price, { decimals }),
      formatNumber(trade.exit_price, { decimals }),
      formatNumber(trade.pnl, { decimals: money, signed: true }),
      formatPercent(trade.return_pct, { signed: true }),
    ]),
  ];
  const [header = '', ...rows] = alignRight(table, columns);
  const lines = rows.map((row, index) => paintTone(paint, toneOf(shown[index]?.pnl ?? 0), row));
  if (!isShort) lines.splice(TRADES_AT_EACH_END, 0, paint('dim', `... ${trades.length - shown.length} more ...`));
  return [paint('dim', header), ...lines, ...closing];
}

/** Rows of a table with aligned cells; the prices, columns 3 and 4, give way when it would be too wide. */
function alignRight(table: readonly (readonly string[])[], columns: number): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const render = (row: readonly string[]) => row.map((cell, column) => cell.padStart(widths[column] ?? 0));
  const rows = table.map(render);
  const fits = (rows[0]?.join('  ').length ?? 0) <= columns;
  return rows.map((row) => (fits ? row : row.filter((_, column) => column < 3 || column > 4)).join('  '));
}

function paintTone(paint: Paint, tone: Tone, text: string): string {
  return tone === 'neutral' ? text : paint(tone, text);
}
