import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BacktestReport, BacktestSettings, Timeframe } from '@tradebase/contracts';
import { BUILT_IN_STRATEGIES, type InstrumentSeries } from '@tradebase/engine';
import { sliceCandles } from '@tradebase/market-data';
import { describe, expect, test } from 'vitest';
import { readCandleFile } from '../report/read-candle-file.ts';
import { runEngine } from '../report/run-engine.ts';

const CANDLES = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'candles');
const isPresent = existsSync(CANDLES);
const TITLE = isPresent ? 'every built-in strategy' : 'every built-in strategy (skipped: ../shared/data is absent)';
const CASH = 1_000_000;
const FROM = Date.UTC(2018, 0, 1);
const TO = Date.UTC(2020, 0, 1);

async function series(symbol: string, timeframe: string): Promise<InstrumentSeries> {
  const all = await readCandleFile(join(CANDLES, `${symbol}_${timeframe}.csv`), () => {});
  return { symbol, timeframe: Timeframe.parse(timeframe), candles: sliceCandles(all, FROM, TO) };
}

describe.skipIf(!isPresent)(TITLE, () => {
  test.each(BUILT_IN_STRATEGIES.map((strategy) => [strategy.name, strategy] as const))(
    '%s gives figures that add up on SPY',
    async (name, { needs }) => {
      const spy = await series('SPY', '1d');
      const momentum = spy.candles.close.map((close, bar, closes) => close / (closes[bar - 5] ?? NaN) - 1);
      const prediction = momentum.map((change) => 0.5 + 10 * change);
      // A market that goes with SPY: its closes smoothed over two days.
      const other = { ...spy, symbol: 'OTHER', candles: smoothed(spy) };
      const instruments = [{ ...spy, columns: { prediction } }, ...(needs?.instruments === 2 ? [other] : [])];
      const settings = BacktestSettings.parse({ fees: { type: 'bps', maker_bps: 1, taker_bps: 2 } });
      const outcome = runEngine(
        { data: { instruments }, strategy: { name, params: {} }, initial_cash: CASH, settings, path: 'event' },
        () => {},
      );
      const { summary, report, equity } = outcome;

      expect(BacktestReport.safeParse(JSON.parse(JSON.stringify(report))).error).toBeUndefined();
      expect(equity.every((mark) => mark > 0)).toBe(true);
      expect(summary.final_equity).toBe(equity.at(-1));
      expect(summary.liquidated_at).toBeNull();
      expect(summary.trades).toBe(summary.long.trades + summary.short.trades);
      expect(summary.trades).toBe(Object.values(summary.exits).reduce((sum, count) => sum + count, 0));
      const { total, fees, slippage, funding, borrow, interest } = summary.costs;
      expect(total).toBeCloseTo(fees + slippage + funding + borrow + interest, 6);
      if (summary.open_positions.length === 0) {
        const won = report.trades.reduce((sum, { pnl }) => sum + pnl, 0);
        expect(summary.final_equity).toBeCloseTo(CASH + won, 4);
      }
      expect(summary.exposure_pct > 0).toBe(summary.trades > 0 || summary.open_positions.length > 0);
      expect(report.receipt?.result_sha256).toMatch(/^[0-9a-f]{64}$/);
    },
  );
});

function smoothed({ candles }: InstrumentSeries): InstrumentSeries['candles'] {
  const close = candles.close.map((price, bar, closes) => 0.5 * (price + (closes[bar - 1] ?? price)));
  const open = close.map((price, bar) => close[bar - 1] ?? price);
  return {
    ...candles,
    open,
    close,
    high: close.map((price, bar) => Math.max(price, open[bar] ?? price)),
    low: close.map((price, bar) => Math.min(price, open[bar] ?? price)),
  };
}
