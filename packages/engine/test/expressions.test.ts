import { describe, expect, it } from 'vitest';
import { checkStrategySpec } from '../src/index.ts';
import { evaluate, seriesOf } from './support/evaluate-expression.ts';
import { candlesFrom, candlesOfCloses } from './support/made-up-candles.ts';

const closes = [10, 12, 11, 11, 14];
const market = { instruments: [seriesOf(candlesFrom([9, 11, 12, 10, 11], closes), '1d')] };

const numbers = (expression: string) => evaluate(expression, market).values;
const conditions = (expression: string) => evaluate(expression, market, { type: 'condition' }).values;

/** The issue of a condition: what, and at which column of the first line unless it says another. */
function issueOf(entry: string): string {
  const [issue, ...others] = checkStrategySpec({ name: 'test', long: { entry } });
  expect(others).toEqual([]);
  return issue ? `${issue.line}:${issue.column} ${issue.message}` : '';
}

describe('An expression', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ^ 3 ^ 2', 512],
    ['100 + -2 ^ 2', 96],
    ['2 ^ -1', 0.5],
    ['7 % 4', 3],
    ['10 + -7 % 4', 7],
    ['10 - 4 - 3', 3],
    ['round(2.5) + round(-2.5)', 1],
    ['min(3, 1, 2) + max(3, 1, 2)', 4],
    ['abs(-3) + sign(-3) + floor(1.9) + ceil(1.1)', 5],
    ['sqrt(16) + log(exp(2))', 6],
    ['if(2 > 1, 5, 6)', 5],
    ["if('a' == 'b', 5, 6)", 6],
    ['1e-3 + .5 + 5.', 5.501],
    ['- - 3', 3],
  ])('%s is %d', (expression, value) => {
    expect(numbers(expression)[0]).toBeCloseTo(value, 12);
  });

  it('is computed at every bar', () => {
    expect(numbers('close - open')).toEqual([1, 1, -1, 1, 3]);
    expect(numbers('hl2 * 2 - high - low')).toEqual([0, 0, 0, 0, 0]);
    expect(numbers('if(close > open, close, open)')).toEqual([10, 12, 12, 11, 14]);
    expect(conditions('close > 10 and not close == 12 or false')).toEqual([0, 0, 1, 1, 1]);
  });

  it('looks back with [n], on anything, and is NaN or false before there is something', () => {
    expect(numbers('close[2]')).toEqual([Number.NaN, Number.NaN, 10, 12, 11]);
    expect(numbers('sma(close, 2)[1]')).toEqual([Number.NaN, Number.NaN, 11, 11.5, 11]);
    expect(conditions('(close > 10)[1]')).toEqual([0, 0, 1, 1, 1]);
    expect(numbers('close[1][1]')).toEqual(numbers('close[2]'));
  });

  it('is false, not true, where the bars that it looks at are not there yet', () => {
    expect(conditions('not (close[2] > 100)')).toEqual([0, 0, 1, 1, 1]);
    expect(evaluate('not (close[2] > 100)', market, { type: 'condition' }).first_bar).toBe(2);
  });

  it('counts a change of side as a crossing, and leaving a tie, but not reaching one', () => {
    expect(conditions('crosses_above(close, 11)')).toEqual([0, 1, 0, 0, 1]);
    expect(conditions('crosses_below(11, close)')).toEqual([0, 1, 0, 0, 1]);
    expect(conditions('crosses_below(close, 11)')).toEqual([0, 0, 0, 0, 0]);
  });

  it('takes numbers as equal that differ by rounding alone', () => {
    expect(conditions('close * 0.1 + close * 0.2 == close * 0.3')).toEqual([1, 1, 1, 1, 1]);
    expect(conditions('close * 0.1 + close * 0.2 != close * 0.3')).toEqual([0, 0, 0, 0, 0]);
  });

  it('gives NaN for a division by what is 0 at a bar, and what compares with it is false', () => {
    expect(numbers('1 / (close - 11)')).toEqual([-1, 1, Number.NaN, Number.NaN, 1 / 3]);
    expect(conditions('1 / (close - 11) > -9')).toEqual([1, 1, 0, 0, 1]);
    expect(conditions('1 / (close - 11) != 7')).toEqual([1, 1, 0, 0, 1]);
    expect(numbers('log(close - 11)').slice(2, 4)).toEqual([Number.NaN, Number.NaN]);
  });

  it('names outputs of indicators', () => {
    const long = { instruments: [seriesOf(candlesOfCloses(Array.from({ length: 60 }, (_, i) => 50 + (i % 7))), '1d')] };
    const difference = evaluate('macd(close).macd - macd(close).signal - macd(close).histogram', long).values;
    expect(difference.slice(34).every((value) => Math.abs(value) < 1e-12)).toBe(true);
    expect(difference.slice(0, 33).every(Number.isNaN)).toBe(true);
  });

  it('reads further columns of an instrument', () => {
    const columns = { prediction: Float64Array.of(1, 2, 3, 4, 5), other: Float64Array.of(5, 4, 3, 2, 1) };
    const candles = market.instruments[0]?.candles ?? candlesOfCloses([]);
    const withColumns = { instruments: [seriesOf(candles, '1d', { columns })] };
    expect(evaluate("prediction + column('other')", withColumns).values).toEqual([6, 6, 6, 6, 6]);
    expect(() => evaluate("column('others')", withColumns)).toThrow(
      expect.objectContaining({ code: 'unknown_column' }),
    );
  });
});

describe('A mistake in an expression is named, with its place:', () => {
  it.each([
    ['clsoe > open', "1:1 unknown name 'clsoe', did you mean 'close'?"],
    ['close >\n  opne', "2:3 unknown name 'opne', did you mean 'open'?"],
    ['close > smaa(close, 3)', "1:9 unknown function 'smaa', did you mean 'sma'?"],
    ['close > rsi', "1:9 'rsi' is an indicator: call it, as in rsi(values, period = 14)"],
    ['close > entry_price', "1:9 unknown name 'entry_price': expressions see the market, not the account"],
    ['close', '1:1 this must be a condition; this is a number: compare it with something'],
    ['close + (open > 1) > 2', "1:15 the right of '+' must be a number; this is a condition"],
    ['close and open', "1:1 the left of 'and' must be a condition; this is a number"],
    ['not close', "1:5 what follows 'not' must be a condition"],
    ["'a' == close", '1:5 a text can be compared with a text alone, not with a number'],
    ['close[-1] > 1', '1:7 [-1] looks into the future'],
    ['close[1.5] > 1', '1:7 [1.5] must be a whole number of bars'],
    ['close[10001] > 1', '1:7 [10001] must be a whole number of bars from 0 to 10000'],
    ['close[volume] > 1', '1:7 the number of bars in [ ] must be constant'],
    ['sma(close, volume) > 1', '1:12 period of sma must be constant: a number, a parameter or arithmetic of them'],
    ['sma(close, 0) > 1', '1:12 period of sma is 0; it must be a whole number of bars'],
    ['sma(close, 2.5) > 1', '1:12 period of sma is 2.5; it must be a whole number of bars'],
    ['sma() > 1', '1:1 sma has 0 arguments; it is called as sma('],
    ['crosses_above(close) and true', '1:1 crosses_above has 1 arguments; it is called as crosses_above(a, b)'],
    ['macd(close, 26, 12, 9) > 1', '1:1 macd: fast is 26 and slow is 12; fast must be smaller than slow'],
    ['macd(close).signl > 1', "1:13 macd has no output 'signl', did you mean 'signal'?"],
    ['close.signal > 1', '1:7 .signal is for outputs of an indicator'],
    ['if(close > 1, close, open > 1) > 1', '1:1 if() gives a number or a condition; both must be of one type'],
    ["tf('7m', close) > 1", "1:4 there is no timeframe '7m'; there are 1m, 3m"],
    ["tf('1h', tf('1d', close) + 1) > 1", '1:10 tf() within tf() or instrument() must follow directly'],
    ["tf('1h', prediction) > 1", "1:10 the column 'prediction' is of the instrument's own bars"],
    ["instrument('not a symbol', close) > 1", "1:12 'NOT A SYMBOL' is no symbol"],
    ['close / 0 > 1', '1:7 division by zero'],
    ['close % (1 - 1) > 1', '1:7 division by zero'],
    ['log(0) > close', '1:1 this constant is not a finite number'],
    ['close > 1e999', '1:9 this constant is not a finite number'],
    ['close = 1', "1:7 unexpected '=': to compare, write =="],
    ['1 < close < 2', "1:11 unexpected '<': comparisons cannot be chained"],
    ['close > 1 && open > 1', "1:11 unexpected '&': write 'and'"],
    ['close > (1', '1:11 the expression ends where something must follow'],
    [`${'('.repeat(101)}1${')'.repeat(101)} > 1`, '1:101 brackets are nested deeper than 100 levels'],
    ['constructor > 1', "1:1 unknown name 'constructor'"],
    ['__proto__(close) > 1', "1:1 unknown function '__proto__'"],
  ])('%s', (expression, message) => {
    expect(issueOf(expression)).toContain(message);
  });

  it('an expression as long as one may be is read or refused, and does not exhaust the stack', () => {
    for (const expression of [
      `close > 1${'+1'.repeat(990)}`,
      `close${'[1]'.repeat(600)} > 1`,
      `${'not '.repeat(490)}close > 1`,
      `close > ${'-'.repeat(1900)}1`,
      `close > close${'^1'.repeat(900)}`,
      `${'abs('.repeat(100)}close${')'.repeat(100)} > 1`,
      `close${'[1'.repeat(100)}${']'.repeat(100)} > 1`,
    ]) {
      expect(() => issueOf(expression)).not.toThrow();
    }
  });

  it('a strategy of more computations than it may have', () => {
    const term = (n: number) => Array.from({ length: 90 }, (_, i) => `close[${n * 90 + i + 1}]`).join('+');
    const indicators = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`x${n}`, term(n)]));
    const issues = checkStrategySpec({ name: 'test', indicators, long: { entry: 'x0 > 1' } });
    expect(issues[0]?.message).toContain('more than 2000 computations');
  });
});
