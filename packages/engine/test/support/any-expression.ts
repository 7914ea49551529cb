import fc from 'fast-check';

const anyPeriod = fc.integer({ min: 1, max: 5 });

/** Expressions of all kinds, as text: those of numbers and those of conditions. */
const { number: anyNumber, condition: anyCondition } = fc.letrec<{ number: string; condition: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression' },
    fc.constantFrom('open', 'high', 'low', 'close', 'hl2', 'ohlc4', '2', '0.5'),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.constantFrom('sma', 'ema', 'rsi'), tie('number'), anyPeriod).map(([f, a, n]) => `${f}(${a}, ${n})`),
    anyPeriod.map((n) => `atr(${n})`),
    fc.tuple(tie('number'), anyPeriod).map(([a, n]) => `(${a})[${n}]`),
    fc.tuple(fc.constantFrom('abs', 'floor', 'sqrt', 'sign'), tie('number')).map(([f, a]) => `${f}(${a})`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('number'), tie('number')).map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc.tuple(tie('condition'), tie('number'), tie('number')).map(([c, a, b]) => `if(${c}, ${a}, ${b})`),
  ),
  condition: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression' },
    fc.tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number')).map((p) => p.join(' ')),
    fc
      .tuple(fc.constantFrom('crosses_above', 'crosses_below'), tie('number'), tie('number'))
      .map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('condition').map((a) => `not (${a})`),
    fc.tuple(tie('condition'), anyPeriod).map(([a, n]) => `(${a})[${n}]`),
  ),
}));

/** A condition some parts of which may be of an hour, a day or another instrument. */
export const anyMixedCondition: fc.Arbitrary<string> = fc
  .record({
    own: anyCondition,
    far: anyNumber,
    near: anyNumber,
    timeframe: fc.constantFrom('15m', '30m', '1h', '1d'),
    operator: fc.constantFrom('and', 'or'),
  })
  .map(({ own, far, near, timeframe, operator }) => {
    const other = `tf('${timeframe}', ${far}) > instrument('OTHER', ${near})`;
    return `(${own}) ${operator} not (${other})`;
  });
