import { existsSync, readFileSync } from 'node:fs';
import type { Candles } from '@tradebase/contracts';
import { candlesThrough } from './seed-candles.ts';

const FILE = new URL('../../../../../shared/data/candles/SPY_1d.csv', import.meta.url);
const DAY_MS = 86_400_000;
const FIRST_DAY = '2018-01-01';

/** Days of SPY from 2018 on, where its candles are at hand; else of a made-up market, without weekends and holidays. */
export function dailyCandles(count: number): Candles {
  return existsSync(FILE) ? daysOfSpy(count) : madeUpDays(count);
}

function daysOfSpy(count: number): Candles {
  const rows = readFileSync(FILE, 'utf8').trim().split('\n').slice(1);
  const days = rows.map((row) => row.split(',')).filter(([ts = '']) => ts >= FIRST_DAY);
  const column = (place: number) => Float64Array.from(days.slice(0, count), (day) => Number(day[place]));
  const ts = Float64Array.from(days.slice(0, count), ([day = '']) => Date.parse(day));
  return { ts, open: column(1), high: column(2), low: column(3), close: column(4), volume: column(5) };
}

function madeUpDays(count: number): Candles {
  const days: number[] = [];
  for (let ts = Date.parse('2018-01-01T05:00:00Z'); days.length < count; ts += DAY_MS)
    if (new Date(ts).getUTCDay() % 6 !== 0) days.push(ts);
  const closes = days.map((_, n) => 270 + 12 * Math.sin(n / 17) + 5 * Math.sin(n / 3.1) + 3 * Math.sin(n * 2.3));
  return candlesThrough(closes, (n) => days[n] ?? NaN, 1);
}
