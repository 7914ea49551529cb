import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchangeDays } from '../src/metrics/exchange-days.ts';
import { monthlyReturns } from '../src/metrics/monthly-returns.ts';
import { periodsPerYear } from '../src/metrics/periods-per-year.ts';
import { DAY_MS } from './support/made-up-candles.ts';

const HOUR_MS = DAY_MS / 24;

function datesOf(times: readonly string[], zone: string): string[] {
  const ts = Float64Array.from(times, (time) => Date.parse(time));
  return Array.from(exchangeDays(ts, zone).day, (day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
}

describe('days of an exchange', () => {
  it('part at its midnight, in summer and in winter', () => {
    const winter = ['2024-01-10T04:59:59Z', '2024-01-10T05:00:00Z'];
    const summer = ['2024-07-10T03:59:59Z', '2024-07-10T04:00:00Z'];
    expect(datesOf([...winter, ...summer], 'America/New_York')).toEqual([
      '2024-01-09',
      '2024-01-10',
      '2024-07-09',
      '2024-07-10',
    ]);
  });

  it('have 23 and 25 hours when the clock changes', () => {
    const hours = Float64Array.from({ length: 9 * 24 * 40 }, (_, hour) => Date.UTC(2024, 1, 1) + hour * HOUR_MS);
    const { last_bar, day } = exchangeDays(hours, 'America/New_York');
    const lengths = new Map(
      Array.from(last_bar, (bar, index) => [
        new Date((day[index] as number) * DAY_MS).toISOString().slice(0, 10),
        bar - (last_bar[index - 1] ?? -1),
      ]),
    );
    expect([lengths.get('2024-03-10'), lengths.get('2024-03-11'), lengths.get('2024-11-03')]).toEqual([23, 24, 25]);
  });

  it('are the same as asking for the date of every bar, in any zone', () => {
    const zones = [
      'America/New_York',
      'America/Sao_Paulo',
      'Asia/Kolkata',
      'Asia/Beirut',
      'Australia/Lord_Howe',
      'UTC',
    ];
    const steps = fc.array(fc.integer({ min: 1, max: 60 * 36 }), { minLength: 1, maxLength: 60 });
    const start = fc.integer({ min: Date.UTC(1975, 0, 1) / 60_000, max: Date.UTC(2035, 0, 1) / 60_000 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), start, steps, (timeZone, first, minutes) => {
        let time = first * 60_000;
        const ts = Float64Array.from(minutes, (step) => {
          time += step * 60_000;
          return time;
        });
        const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
        const dates = Array.from(ts, (at) => format.format(at));
        const { last_bar } = exchangeDays(ts, timeZone);
        const ends = dates.flatMap((date, bar) => (date === dates[bar + 1] ? [] : [bar]));
        expect(Array.from(last_bar)).toEqual(ends);
      }),
      { numRuns: 150 },
    );
  });

  it('need a zone that exists', () => {
    expect(() => exchangeDays(Float64Array.of(0), 'Mars/Olympus')).toThrow(
      expect.objectContaining({ code: 'invalid_time_zone' }),
    );
  });
});

describe('periods a year', () => {
  const year = { days: 252, firstDay: 0, lastDay: 364 };

  it('are those of the calendar for bars of up to a day', () => {
    expect(periodsPerYear('equities', '1h', year)).toBe(252);
    expect(periodsPerYear('crypto', '1d', year)).toBe(365);
    expect(periodsPerYear('forex', '1d', year)).toBe(260);
  });

  it('are measured as days with bars over years', () => {
    expect(periodsPerYear('measured', '1d', { days: 500, firstDay: 0, lastDay: 730 })).toBeCloseTo(
      (500 * 365.25) / 731,
      12,
    );
  });

  it('are those of the bars where these are longer than a day', () => {
    expect(periodsPerYear('equities', '1mo', year)).toBe(12);
    expect(periodsPerYear('crypto', '1w', year)).toBeCloseTo(52.18, 2);
  });
});

describe('monthly returns', () => {
  it('go from the last mark of the month before, the first from the initial cash', () => {
    const days = ['2024-01-30', '2024-01-31', '2024-02-01', '2024-12-31', '2025-12-01'].map((at) => Date.parse(at));
    const marks = Float64Array.of(90, 110, 121, 60.5, 121);
    expect(monthlyReturns(exchangeDays(Float64Array.from(days), 'UTC'), marks, 100)).toEqual([
      { year: 2024, month: 1, return: 110 / 100 - 1 },
      { year: 2024, month: 2, return: 121 / 110 - 1 },
      { year: 2024, month: 12, return: -0.5 },
      { year: 2025, month: 12, return: 1 },
    ]);
  });
});
