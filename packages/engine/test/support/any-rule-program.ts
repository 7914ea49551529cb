import { BacktestSettings, type Candles } from '@tradebase/contracts';
import fc from 'fast-check';
import type { NodeId } from '../../src/plan/plan.ts';
import { PlanBuilder } from '../../src/plan/plan-builder.ts';
import type { RuleProgram, TradeRules } from '../../src/plan/rule-program.ts';
import { fixedRandom } from './made-up-candles.ts';

const PERIODS = [1, 2, 3, 5, 8, 13, 21] as const;
const anyPeriod = fc.constantFrom(...PERIODS);
const closeOf = (plan: PlanBuilder) => plan.add({ op: 'column', column: 'close', instrument: null, timeframe: null });

/** Adds an indicator of closes. */
export function indicator(plan: PlanBuilder, name: string, params: readonly number[], output = 0): NodeId {
  const inputs = [closeOf(plan)];
  return plan.add({ op: 'indicator', name, inputs, params, output, instrument: null, timeframe: null });
}

type MakeNode = (plan: PlanBuilder) => NodeId;

const anySeries: fc.Arbitrary<MakeNode> = fc.oneof(
  fc.constant<MakeNode>(closeOf),
  fc.tuple(fc.constantFrom('sma', 'ema', 'highest', 'lowest', 'rma'), anyPeriod).map(
    ([name, period]): MakeNode =>
      (plan) =>
        indicator(plan, name, [period]),
  ),
  anyPeriod.map(
    (bars): MakeNode =>
      (plan) =>
        plan.shift(closeOf(plan), bars),
  ),
);

const anyCrossing = (operator: 'crosses_above' | 'crosses_below'): fc.Arbitrary<MakeNode> =>
  fc.tuple(anySeries, anySeries).map(
    ([a, b]): MakeNode =>
      (plan) =>
        plan.binary(operator, a(plan), b(plan)),
  );

/** Crossings of averages often, as they have a kernel of their own. */
const anySignal: fc.Arbitrary<MakeNode> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(anyPeriod, anyPeriod, fc.boolean()).map(
      ([fast, slow, above]): MakeNode =>
        (plan) =>
          plan.binary(
            above ? 'crosses_above' : 'crosses_below',
            indicator(plan, 'sma', [fast]),
            indicator(plan, 'sma', [slow]),
          ),
    ),
  },
  anyCrossing('crosses_above'),
  anyCrossing('crosses_below'),
  fc.tuple(anyPeriod, fc.integer({ min: 20, max: 80 })).map(
    ([period, level]): MakeNode =>
      (plan) =>
        plan.binary('less', indicator(plan, 'rsi', [period]), plan.constant(level)),
  ),
);

const nullOr = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
/** Distances from less than the slippage to several bars. */
const anyPercent = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((quarters) => quarters / 4),
  fc.constantFrom(0.01, 0.05),
);

interface RuleChoices {
  readonly signals: readonly [MakeNode, MakeNode | null, MakeNode | null, MakeNode | null];
  readonly sizing: { readonly method: 'percent' | 'value' | 'quantity' | 'risk'; readonly amount: number };
  readonly stop: number | null;
  readonly target: number | null;
  readonly targetOfRisk: boolean;
  readonly trail: number | null;
  readonly activate: number | null;
  readonly timeExit: number | null;
  readonly cooldown: number;
}

const anyChoices: fc.Arbitrary<RuleChoices> = fc.record({
  signals: fc.tuple(anySignal, nullOr(anySignal), nullOr(anySignal), nullOr(anySignal)),
  sizing: fc.record({
    method: fc.constantFrom('percent', 'percent', 'value', 'quantity', 'risk'),
    amount: fc.constantFrom(5, 29.3, 50, 100, 2000),
  }),
  stop: nullOr(anyPercent),
  target: nullOr(anyPercent),
  targetOfRisk: fc.boolean(),
  trail: nullOr(anyPercent),
  activate: nullOr(anyPercent),
  timeExit: nullOr(fc.integer({ min: 1, max: 20 })),
  cooldown: fc.constantFrom(0, 0, 1, 7),
});

function sizingOf(plan: PlanBuilder, { sizing, stop }: RuleChoices): TradeRules['sizing'] {
  const amount = plan.constant(sizing.amount);
  if (sizing.method === 'value') return { method: 'fixed_value', value: amount };
  if (sizing.method === 'quantity') return { method: 'fixed_quantity', quantity: amount };
  if (sizing.method === 'risk' && stop !== null) {
    return { method: 'risk', risk_pct: plan.constant(1), max_percent: plan.constant(80) };
  }
  return { method: 'percent_of_equity', percent: amount };
}

/** Rule strategies within what the compiled path takes. */
export const anyRuleProgram: fc.Arbitrary<RuleProgram> = anyChoices.map((choices) => {
  const plan = new PlanBuilder();
  const { signals, stop, target, targetOfRisk, trail, activate, timeExit, cooldown } = choices;
  const [enter_long, exit_long, enter_short, exit_short] = signals.map((make) => make?.(plan) ?? null);
  const percent = (of: number) => ({ unit: 'percent', percent: plan.constant(of) }) as const;
  const sizing = sizingOf(plan, choices);
  const stop_loss = stop === null ? null : percent(stop);
  const ofRisk = { unit: 'risk', multiple: plan.constant(target ?? 1) } as const;
  return {
    rules: {
      enter_long: enter_long ?? null,
      exit_long: exit_long ?? null,
      enter_short: enter_short ?? null,
      exit_short: exit_short ?? null,
      sizing,
      entry_order: { type: 'market' },
      stop_loss,
      take_profit: target === null ? null : targetOfRisk && stop !== null ? ofRisk : percent(target),
      trailing_stop:
        trail === null ? null : { distance: percent(trail), activate: activate === null ? null : percent(activate) },
      time_exit_bars: timeExit,
      cooldown_bars: cooldown,
      max_entries: 1,
      daily_loss_cap_pct: null,
      max_positions: 1,
      session: null,
    },
    plan: { nodes: plan.nodes },
    warm_up_bars: 2 * Math.max(...PERIODS),
  };
});

/** Settings within what the compiled path takes. */
export const anyCompiledSettings: fc.Arbitrary<BacktestSettings> = fc
  .record({
    fee: fc.constantFrom(0, 2, 25),
    slippage: fc.constantFrom(
      { type: 'none' },
      { type: 'fixed', amount: 0.02 },
      { type: 'bps', bps: 3 },
      { type: 'spread', spread_bps: 5 },
    ),
    intrabar: fc.constantFrom('pessimistic', 'optimistic'),
    limit: fc.constantFrom('through', 'touch'),
    allow_short: fc.boolean(),
    lot_size: fc.constantFrom(0, 0, 0.5),
    tick_size: fc.constantFrom(0, 0, 0.05),
    min_notional: fc.constantFrom(0, 0, 1500),
    multiplier: fc.constantFrom(1, 1, 5),
  })
  .map(({ fee, slippage, intrabar, limit, allow_short, ...instrument }) =>
    BacktestSettings.parse({
      fees: { type: 'bps', maker_bps: fee / 2, taker_bps: fee },
      slippage,
      instrument,
      fills: { intrabar, limit },
      margin: { allow_short },
    }),
  );

/** A walk on a cent grid whose bars reach beyond their opens and closes, so that stops, targets and ties are common. */
export function walk(seed: number, bars: number, barMs = 3_600_000): Candles {
  const random = fixedRandom(seed);
  const column = () => new Float64Array(bars);
  const candles = { ts: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
  let cents = 5000;
  const step = (size: number) => Math.round((random() - 0.5) * size);
  for (let i = 0; i < bars; i++) {
    const open = Math.max(100, cents + step(20));
    const close = Math.max(100, open + step(90));
    candles.ts[i] = Date.UTC(2024, 0, 1) + i * barMs;
    candles.open[i] = open / 100;
    candles.close[i] = close / 100;
    candles.high[i] = (Math.max(open, close) + Math.abs(step(60))) / 100;
    candles.low[i] = (Math.min(open, close) - Math.min(Math.abs(step(60)), 50)) / 100;
    candles.volume[i] = 1000;
    cents = close;
  }
  return candles;
}
