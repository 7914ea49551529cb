import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import type { BacktestSummary, BacktestTrade } from '@tradebase/contracts';
import { runBacktest, thinCurve } from '@tradebase/engine';
import { syntheticCandles } from '@tradebase/market-data';
import { describe, expect, test } from 'vitest';
import { equityChart } from '../report/equity-chart.ts';
import { scriptJson } from '../report/escape-html.ts';
import { formatNumber } from '../report/format.ts';
import { htmlReport } from '../report/html-report.ts';
import { formatSummary } from '../report/print-summary.ts';
import type { EquityCurve, ReportInput } from '../report/report-input.ts';
import { valueAxis } from '../report/value-axis.ts';

const DAY_MS = 86_400_000;
const ESCAPE = '\u001b';
const STYLE = { columns: 90, color: false };

describe('the HTML report', () => {
  test('shows a symbol that is markup as text', () => {
    const html = htmlReport(reportInput({ symbol: '<img src=x onerror="a()">' }));
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=&quot;a()&quot;&gt;');
  });

  test('embeds JSON that cannot end its script element', () => {
    const name = '</script><script>alert(1)';
    expect(scriptJson({ name })).not.toContain('<');
    expect(JSON.parse(scriptJson({ name }))).toEqual({ name });
  });

  test('shows a reason that is markup as text', () => {
    const summary = { ...SUMMARY, sharpe: null, undefined_metrics: { sharpe: '<b>none</b>' } };
    expect(htmlReport(reportInput({ summary }))).toContain('&lt;b&gt;none&lt;/b&gt;');
  });

  test('runs three scripts, whose hashes its policy names, and no other', () => {
    const html = htmlReport(reportInput());
    const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, code = '']) => code);
    const hashes = scripts.map((code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`);
    expect(hashes).toHaveLength(3);
    expect(html).toContain(`script-src ${hashes.join(' ')};`);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain('unsafe-inline');
  });

  test('has no style or handler in an attribute, which its policy would refuse', () => {
    expect(htmlReport(reportInput())).not.toMatch(/<[^>]+ (style|on\w+)=/);
  });

  test('names no address to load anything from', () => {
    expect(htmlReport(reportInput())).not.toMatch(/url\(|@import|\ssrc=|<link/);
  });

  test('is well formed: every element that opens closes', () => {
    const html = htmlReport(reportInput()).replaceAll(/<(script|style).*?<\/\1>/gs, '');
    const open: string[] = [];
    for (const [, closing, name = '', selfClosing] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name);
      else if (!selfClosing && name !== 'meta') open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('has the data of every trade, and says where it holds not all', () => {
    const trades = Array.from({ length: 500 }, (_, index) => trade(index + 1));
    const data = pageData(htmlReport(reportInput({ trades, summary: { ...SUMMARY, trades: 500 } })));
    expect(data.trades.map(([seq]) => seq)).toEqual(trades.map(({ seq }) => seq));
    expect(htmlReport(reportInput({ trades, summary: { ...SUMMARY, trades: 600 } }))).toContain('the first 500 of 600');
  });

  test('shows warnings before anything else', () => {
    const ambiguity = { bars: 4, resolved_bars: 0, pessimistic_return_pct: 1, optimistic_return_pct: 9 };
    const html = htmlReport(reportInput({ summary: { ...SUMMARY, ambiguity } }));
    expect(html.indexOf('In 4 bars it is unknown')).toBeGreaterThan(0);
    expect(html.indexOf('In 4 bars it is unknown')).toBeLessThan(html.indexOf('Total return'));
  });

  test('stays below a megabyte and a half for a run of 50,000 bars and 5,000 trades', () => {
    const trades = Array.from({ length: 5000 }, (_, index) => ({
      ...trade(index + 1),
      pnl: index / 7,
      quantity: 1 / 3,
    }));
    const equity = curveOf(50_000, (index) => 10_000 + 500 * Math.sin(index));
    expect(htmlReport(reportInput({ trades, equity })).length).toBeLessThan(1_500_000);
  });

  test('gives the reason of every undefined metric', () => {
    const html = htmlReport(reportInput({ summary: undefinedSummary() }));
    for (const name of METRICS) expect(html).toContain(`why ${name}`);
  });

  test('says so when data is synthetic, and only then', () => {
    expect(htmlReport(reportInput({ synthetic: true }))).toContain('Synthetic data');
    expect(htmlReport(reportInput({ synthetic: false }))).not.toContain('Synthetic data');
  });

  test.each([0, 1, 2, 50_000])('draws a curve of %i points without a number that is none', (length) => {
    const html = htmlReport(reportInput({ equity: curveOf(length, (index) => 10_000 + index) }));
    expect(JSON.stringify(pageData(html))).not.toMatch(/NaN|Infinity/);
    expect(html.replaceAll(/<script.*?<\/script>/gs, '')).not.toMatch(/NaN|Infinity|undefined</);
  });

  test('draws a flat curve', () => {
    const html = htmlReport(reportInput({ equity: curveOf(10, () => 10_000) }));
    expect(html.replaceAll(/<script>.*?<\/script>/gs, '')).not.toMatch(/NaN|Infinity/);
  });
});

describe('the table of trades', () => {
  const page: { sortTrades?: (rows: unknown[][], column: number, isDescending: boolean) => unknown[][] } = {};
  const code = readFileSync(new URL('../report/page/trade-table.js', import.meta.url), 'utf8');
  runInNewContext(code.slice(0, code.indexOf('\nshowTrades(')), page);

  test('sorts by any column either way, with what is unknown at the end', () => {
    const rows = [
      [1, 5],
      [2, null],
      [3, -1],
      [4, 5],
    ];
    const order = (isDescending: boolean) => page.sortTrades?.(rows, 1, isDescending).map(([seq]) => seq);
    expect(order(false)).toEqual([3, 1, 4, 2]);
    expect(order(true)).toEqual([1, 4, 3, 2]);
  });
});

describe('the terminal summary', () => {
  test('gives each undefined metric as n/a with its reason', () => {
    const text = formatSummary(reportInput({ summary: undefinedSummary() }), STYLE);
    for (const name of METRICS) expect(text).toContain(`n/a (why ${name})`);
  });

  test('lets no escape sequence of a symbol through', () => {
    const text = formatSummary(reportInput({ symbol: `X${ESCAPE}[2J\r` }), STYLE);
    expect(text).toContain('X\ufffd[2J\ufffd 1d');
    expect(text).not.toContain(ESCAPE);
  });

  test('shows the first and the last trades and how many lie between', () => {
    const trades = Array.from({ length: 20 }, (_, index) => trade(index + 1));
    const text = formatSummary(reportInput({ trades }), STYLE);
    expect(text).toMatch(/^ ?1 /m);
    expect(text).toMatch(/^20 /m);
    expect(text).not.toMatch(/^10 /m);
    expect(text).toContain('14 more');
  });

  test.each([44, 72, 90])('keeps its figures and trades within %i columns', (columns) => {
    const text = formatSummary(reportInput({ trades: [trade(1)] }), { columns, color: false });
    const lines = text.split('\n').slice(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  test('colours only when asked', () => {
    expect(formatSummary(reportInput(), STYLE)).not.toContain(ESCAPE);
    expect(formatSummary(reportInput(), { ...STYLE, color: true })).toContain(ESCAPE);
  });
});

describe('the terminal chart', () => {
  const size = { width: 80, height: 10 };

  test.each([1, 2, 3, 160, 50_000])('draws %i points within its size, from first to last date', (length) => {
    const curve = curveOf(length, (index) => 10_000 + 500 * Math.sin(index));
    const lines = equityChart(curve, size).split('\n');
    expect(lines).toHaveLength(size.height + 2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(size.width);
    expect(lines.at(-1)).toContain(curve.at[0]?.slice(0, 10));
    expect(lines.at(-1)).toContain(curve.at.at(-1)?.slice(0, 10));
  });

  test('draws a flat curve as one row, however high it lies', () => {
    for (const level of [0, 1e-8, 10_000, 1e12]) {
      const rows = equityChart(
        curveOf(20, () => level),
        size,
      ).split('\n');
      expect(rows.filter((row) => /[\u2801-\u28ff]/.test(row))).toHaveLength(1);
    }
  });

  test('draws a rising curve from the bottom left to the top right', () => {
    const rows = equityChart(
      curveOf(100, (index) => 100 + index),
      size,
    )
      .split('\n')
      .slice(0, size.height);
    expect(rows[0]).toMatch(/\s{20}[\u2801-\u28ff]+$/);
    expect(rows.at(-1)).toMatch(/[│┤][\u2801-\u28ff]+$/);
  });

  test('says that there is nothing to draw when there are no bars', () => {
    expect(equityChart({ at: [], equity: [] }, size)).toContain('No bars');
  });

  test('colours only when asked', () => {
    const curve = curveOf(5, (index) => index);
    expect(equityChart(curve, size)).not.toContain(ESCAPE);
    expect(equityChart(curve, { ...size, color: true })).toContain(ESCAPE);
  });
});

describe('thinning a curve', () => {
  const values = Array.from({ length: 50_000 }, (_, index) => Math.sin(index / 700) + (index % 97) / 500);
  values[12_345] = 9;
  values[23_456] = -9;

  test('keeps the minimum, the maximum, the first, the last and what it is told to keep', () => {
    const chosen = thinCurve([values], { maxPoints: 2000, keep: [777] });
    expect(chosen.length).toBeLessThanOrEqual(2000);
    expect(chosen).toEqual(expect.arrayContaining([0, 777, 12_345, 23_456, 49_999]));
    expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
  });

  test('leaves a curve with few points as it is', () => {
    expect(thinCurve([[3, 1, 2]], { maxPoints: 3 })).toEqual([0, 1, 2]);
  });
});

describe('axes and numbers', () => {
  test('an axis turns logarithmic when values span a factor of ten', () => {
    expect(valueAxis([100, 999], 5).logarithmic).toBe(false);
    const axis = valueAxis([100, 100_000], 5);
    expect(axis.logarithmic).toBe(true);
    expect(axis.ticks.map(({ label }) => label)).toContain('1,000');
  });

  test('neighbouring ticks have different labels', () => {
    for (const values of [
      [1e6, 1e6 + 1],
      [0.1, 0.1001],
      [9_999, 10_001],
      [1e12, 3e12],
      [-5, 5],
    ]) {
      const labels = valueAxis(values, 5).ticks.map(({ label }) => label);
      expect(labels.length).toBeGreaterThan(1);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  test('an axis for values that differ in their last digits comes to an end', () => {
    expect(valueAxis([1e16, 1e16 + 2], 5).ticks).toHaveLength(1);
  });

  test('a loss that rounds to zero has no sign', () => {
    expect(formatNumber(-0.001, { decimals: 2 })).toBe('0.00');
    expect(formatNumber(-0.001, { decimals: 2, signed: true })).toBe('0.00');
    expect(formatNumber(-1234.5, { decimals: 2 })).toBe('-1,234.50');
  });
});

const METRICS = [
  'win_rate_pct',
  'profit_factor',
  'sharpe',
  'sortino',
  'cagr_pct',
  'calmar',
  'buy_and_hold_return_pct',
] as const satisfies readonly (keyof BacktestSummary)[];

/** A line of closes that goes nowhere: the base of a summary, for the fields that no test looks at. */
const QUIET = runBacktest({
  data: {
    instruments: [
      {
        symbol: 'ACME',
        timeframe: '1d',
        candles: syntheticCandles({ seed: 1, count: 400, start: Date.UTC(2001, 0, 1), timeframe: '1d' }),
      },
    ],
  },
  strategy: { name: 'sma-cross', params: { fast: 10, slow: 30 } },
  initial_cash: 10_000,
  settings: { fees: { type: 'bps', maker_bps: 5, taker_bps: 5 } },
}).summary;

const SUMMARY: BacktestSummary = {
  ...QUIET,
  engine_version: '1.2.3',
  metric_version: 4,
  bars: 400,
  first_bar_at: dayAt(0),
  last_bar_at: dayAt(399),
  initial_cash: 10_000,
  final_equity: 12_500,
  total_return_pct: 25,
  max_drawdown_pct: 7.5,
  exposure_pct: 60,
  fees_paid: 12,
  trades: 1,
  open_position: { entry_bar: 390, entry_at: dayAt(390), entry_price: 120, quantity: 100 },
  win_rate_pct: 100,
  profit_factor: 2,
  sharpe: 1.1,
  sortino: 1.7,
  cagr_pct: 22,
  calmar: 2.9,
  buy_and_hold_return_pct: 18,
  undefined_metrics: {},
};

function undefinedSummary(): BacktestSummary {
  return {
    ...SUMMARY,
    ...Object.fromEntries(METRICS.map((name) => [name, null])),
    undefined_metrics: Object.fromEntries(METRICS.map((name) => [name, `why ${name}`])),
  };
}

/** What the scripts of a page read. */
function pageData(html: string): { trades: unknown[][] } {
  return JSON.parse(/id="report-data">(.*?)<\/script>/s.exec(html)?.[1] ?? '');
}

function reportInput(changes: Partial<ReportInput> = {}): ReportInput {
  return {
    symbol: 'ACME',
    timeframe: '1d',
    strategy: { name: 'sma-cross', params: { fast: 10, slow: 30 } },
    fees: 'fee 5 bps',
    synthetic: false,
    summary: SUMMARY,
    trades: [trade(1)],
    equity: curveOf(400, (index) => 10_000 + 6 * index),
    ...changes,
  };
}

function trade(seq: number): BacktestTrade {
  const pnl = seq % 2 === 1 ? 110 : -40;
  return {
    seq,
    side: 'long',
    entry_bar: seq,
    exit_bar: seq + 1,
    entry_at: dayAt(seq),
    exit_at: dayAt(seq + 1),
    entry_price: 100.25,
    exit_price: 101.5,
    quantity: 99.7506,
    fee: 10,
    pnl,
    return_pct: pnl / 100,
  };
}

function curveOf(length: number, equityAt: (index: number) => number): EquityCurve {
  const indices = Array.from({ length }, (_, index) => index);
  return { at: indices.map(dayAt), equity: indices.map(equityAt) };
}

function dayAt(index: number): string {
  return new Date(Date.UTC(2001, 0, 1) + index * DAY_MS).toISOString();
}
