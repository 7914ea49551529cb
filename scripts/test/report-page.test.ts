import { setImmediate } from 'node:timers/promises';
import { BacktestSettings, type StrategySpec } from '@tradebase/contracts';
import { syntheticCandles } from '@tradebase/market-data';
import { describe, expect, test } from 'vitest';
import { htmlReport } from '../report/html-report.ts';
import { runEngine } from '../report/run-engine.ts';
import { openPage } from './support/page-double.ts';

const strategy: StrategySpec = { name: 'sma-cross', params: { fast: 2, slow: 5 } };

function pageOf(count: number) {
  const candles = syntheticCandles({ seed: 5, count, start: Date.UTC(2015, 0, 1), timeframe: '1d' });
  const settings = BacktestSettings.parse({});
  const named = { symbol: 'ACME', timeframe: '1d' } as const;
  const data = { instruments: [{ ...named, candles }] };
  const { summary, report, ts, equity } = runEngine({ data, strategy, initial_cash: 10_000, settings }, () => {});
  const at = Array.from(ts, (time) => new Date(time).toISOString());
  const { trades } = report;
  const curve = { at, equity: Array.from(equity) };
  return openPage(
    htmlReport({ ...named, strategy, fees: 'fee 0 bps', synthetic: true, summary, trades, equity: curve }, report),
  );
}

const SPANS = 'JSON.stringify(plots.map(({ scales }) => [scales.x.min, scales.x.max]))';

describe("the report's scripts", () => {
  test('draw five charts over the same time, with the trades on the price', async () => {
    const page = pageOf(1200);
    await setImmediate();
    const spans: number[][] = JSON.parse(String(page.evaluate(SPANS)));
    expect(spans).toHaveLength(5);
    expect(new Set(spans.map(String)).size).toBe(1);
    expect([...page.drawn]).toEqual(expect.arrayContaining(['stroke', 'fill', 'closePath']));
    expect([...page.misdrawn]).toEqual([]);
  });

  test('zoom all charts to the span that one is zoomed to', async () => {
    const page = pageOf(1200);
    await setImmediate();
    const [min, max] = [Date.UTC(2016, 0, 1), Date.UTC(2017, 0, 1)];
    page.evaluate(`plots[3].setScale('x', { min: ${min}, max: ${max} })`);
    await setImmediate();
    expect(JSON.parse(String(page.evaluate(SPANS)))).toEqual(Array.from({ length: 5 }, () => [min, max]));
  });

  test('show trades fifty to a page, and sort them by the heading that is clicked', () => {
    const page = pageOf(1200);
    const body = page.elements.get('trade-table')?.querySelector('tbody');
    const column = (index: number) =>
      body?.children.map((row) =>
        'children' in row ? (row.children[index] as { textContent: string }).textContent : '',
      );
    expect(column(0)).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 1)));

    page.elements.get('next-page')?.click();
    expect(column(0)?.[0]).toBe('51');
    expect(page.elements.get('page-range')?.textContent).toMatch(/^51 to 100 of \d+$/);

    const profit = page.headings[9];
    profit?.querySelector('button')?.click();
    profit?.querySelector('button')?.click();
    expect(profit?.attributes.get('aria-sort')).toBe('descending');
    const profits = (column(9) ?? []).map((text) => Number(text.replaceAll(',', '')));
    expect(profits).toEqual([...profits].sort((a, b) => b - a));
  });

  test.each([1, 2, 30])('run with %i bars', async (bars) => {
    const page = pageOf(bars);
    await setImmediate();
    expect([...page.misdrawn]).toEqual([]);
    expect(JSON.parse(String(page.evaluate(SPANS))).length).toBeGreaterThan(2);
  });
});
