import { EngineError, type EngineErrorCode } from '../engine-error.ts';
import type { GrowingSeries } from './growing-series.ts';
import type { SessionBar } from './session-input.ts';

/** The largest time a JavaScript date can hold, in milliseconds either side of 1970. */
const MAX_TS_MS = 8.64e15;
const PRICES = ['open', 'high', 'low', 'close'] as const;

/** A bar, and which instrument it is of. */
export interface PlacedBar {
  readonly instrument: number;
  readonly bar: SessionBar;
}

/**
 * The bars of one time, in order of their instruments.
 *
 * @param lastTs open time of the clock's last bar
 * @throws EngineError as `TradingSession.push`
 */
export function checkBars(
  bars: readonly SessionBar[],
  instruments: readonly GrowingSeries[],
  lastTs: number,
): PlacedBar[] {
  const [first] = bars;
  if (first === undefined) throw new EngineError('empty_candles', 'no bar was pushed; there must be at least one');
  const placed = bars.map((bar) => ({ bar, instrument: instrumentOf(bar, instruments) }));
  placed.sort((a, b) => a.instrument - b.instrument);
  placed.forEach(({ bar, instrument }, index) => {
    if (placed[index - 1]?.instrument === instrument) {
      fail('duplicate_instrument', bar, 'is there twice; each instrument has one bar of a time');
    }
    if (!(Number.isFinite(bar.ts) && Math.abs(bar.ts) <= MAX_TS_MS))
      fail('invalid_ts', bar, `ts is ${bar.ts}; it must be a date in milliseconds`);
    if (bar.ts !== first.ts) {
      fail(
        'non_ascending_ts',
        bar,
        `opens at ${bar.ts} and ${first.symbol} at ${first.ts}; bars of one push are of one time`,
      );
    }
    if (!(bar.ts > lastTs)) {
      const problem =
        bar.ts === lastTs ? 'was pushed before; each time is pushed once' : `comes after ${lastTs}; it must ascend`;
      fail('non_ascending_ts', bar, `ts ${bar.ts} ${problem}`);
    }
    checkNumbers(bar);
    checkColumns(bar, instruments[instrument]?.columns ?? {});
  });
  return placed;
}

function instrumentOf(bar: SessionBar, instruments: readonly GrowingSeries[]): number {
  const index = instruments.findIndex(({ symbol }) => symbol === bar.symbol);
  if (index !== -1) return index;
  const known = instruments.map(({ symbol }) => symbol).join(', ');
  throw new EngineError('unknown_instrument', `a bar is of ${bar.symbol}; the session trades ${known}`, {
    instrument: bar.symbol,
  });
}

function checkNumbers(bar: SessionBar): void {
  for (const name of PRICES) {
    if (Number.isFinite(bar[name]) && bar[name] > 0) continue;
    fail('invalid_price', bar, `${name} is ${bar[name]}; it must be finite and above 0`);
  }
  const { open, high, low, close, volume } = bar;
  if (high < low) fail('invalid_range', bar, `high ${high} is below low ${low}`);
  if (open > high || open < low || close > high || close < low) {
    const outside = open > high || open < low ? `open ${open}` : `close ${close}`;
    fail('invalid_range', bar, `${outside} is not between low ${low} and high ${high}`);
  }
  if (!(Number.isFinite(volume) && volume >= 0)) {
    fail('invalid_volume', bar, `volume is ${volume}; it must be finite and at least 0`);
  }
}

function checkColumns(bar: SessionBar, known: Readonly<Record<string, Float64Array>>): void {
  for (const name of Object.keys(bar.columns ?? {})) {
    if (Object.hasOwn(known, name)) continue;
    fail('unknown_column', bar, `brings a column '${name}'; it has ${Object.keys(known).join(', ') || 'none'}`);
  }
}

function fail(code: EngineErrorCode, { symbol, ts }: SessionBar, problem: string): never {
  throw new EngineError(code, `${symbol}: ${problem}`, { instrument: symbol, ts });
}
