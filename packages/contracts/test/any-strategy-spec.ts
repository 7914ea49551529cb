import fc from 'fast-check';
import { type RuleStrategySpec, StrategySpec, type StrategySpecInput, WEEKDAYS } from '../src/index.ts';

/** Texts that YAML would read as something else unless they are quoted, and any others. */
const anyText = fc.oneof(
  fc.constantFrom(
    'yes',
    'no',
    'null',
    '~',
    '1e3',
    '0x1F',
    '.5',
    '-',
    '? a',
    'a: b',
    '# a',
    '"',
    "'",
    '%',
    '&a',
    '*a',
    '!t',
  ),
  fc.constantFrom(
    '|',
    '>',
    '2024-01-01',
    '09:30',
    ' a ',
    'a\nb',
    '\ta',
    'a\n',
    '\u2028',
    '\u{1f600}',
    'é',
    '{a}',
    '[',
    '<<',
  ),
  fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !text.includes('\0')),
  fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => text.isWellFormed() && !text.includes('\0')),
);
const anyName = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
const anyExpression = anyText.filter((text) => text.length > 0);
const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n));
const anyNumeric = fc.oneof(anyNumber, fc.integer(), anyExpression);
const anyDistance = fc.oneof(
  fc.record({ percent: anyNumeric }),
  fc.record({ distance: anyNumeric }),
  fc.record({ atr: anyNumeric, period: anyNumeric }, { requiredKeys: ['atr'] }),
);

const anyParameter = fc.oneof(
  fc
    .tuple(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 5 }))
    .map(([min, more, step]) => ({ default: min, min, max: min + more, step })),
  fc
    .tuple(anyNumber.map(Math.abs), fc.double({ min: 0, max: 10, noNaN: true }))
    .map(([min, more]) => ({ type: 'number' as const, default: min, min, max: Math.max(min, min + more) }))
    .filter(({ max }) => Number.isFinite(max)),
  fc.record({ default: fc.boolean() }),
  fc.uniqueArray(anyExpression, { minLength: 1, maxLength: 4 }).map((choices) => ({ default: choices[0], choices })),
);

const anySide = fc.record({ entry: anyExpression, exit: anyExpression }, { requiredKeys: ['entry'] });

const anyRules = fc.record(
  {
    name: fc.constantFrom('a', 'null', 'true', 'trend-2', 'y'),
    long: anySide,
    short: anySide,
    description: anyText,
    parameters: fc.dictionary(anyName, anyParameter, { maxKeys: 4 }),
    params: fc.dictionary(anyName, fc.oneof(anyNumber, fc.boolean(), anyText), { maxKeys: 4 }),
    indicators: fc.dictionary(anyName, anyNumeric, { maxKeys: 4 }),
    sizing: fc.oneof(
      fc.record({ method: fc.constant('percent_of_equity'), percent: anyNumeric }),
      fc.record({ method: fc.constant('risk'), risk_pct: anyNumeric, distance: anyDistance }),
      fc.record({ method: fc.constant('kelly'), fraction: anyNumeric, trades: anyNumeric }),
    ),
    entry_order: fc.record({ type: fc.constantFrom('limit', 'stop'), price: anyNumeric }),
    stop_loss: anyDistance,
    trailing_stop: fc.tuple(anyDistance, anyDistance).map(([distance, activate]) => ({ ...distance, activate })),
    time_exit: fc.record({ bars: anyNumeric }),
    session: fc.record(
      {
        time_zone: fc.constantFrom('UTC', 'America/New_York'),
        from: fc.constant('09:30'),
        to: fc.constantFrom('16:00', '00:00'),
        days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
        close_at_end: fc.boolean(),
      },
      { requiredKeys: ['from', 'to'] },
    ),
    cooldown_bars: anyNumeric,
  },
  { requiredKeys: ['name', 'long'] },
);

const anyBuiltIn = fc.record({
  name: fc.constantFrom('sma-cross', 'null'),
  params: fc.dictionary(anyName, fc.oneof(anyNumber, fc.boolean(), anyText), { maxKeys: 4 }),
});

const parsed = (input: unknown): StrategySpec => StrategySpec.parse(input as StrategySpecInput);

/** Any specification that the contract takes. */
export const anyStrategySpec: fc.Arbitrary<StrategySpec> = fc.oneof(
  { weight: 4, arbitrary: anyRules.map(parsed) },
  { weight: 1, arbitrary: anyBuiltIn.map(parsed) },
);

export const minimalRules: RuleStrategySpec = { name: 'minimal', long: { entry: 'close > open' } };
