import type { BacktestSettings } from '@tradebase/contracts';
import { applyGapPolicy } from '../market/apply-gap-policy.ts';
import type { MarketData } from '../market/market-data.ts';
import { marketWithRules } from '../market/with-rules.ts';
import { isTrue } from '../plan/apply-operator.ts';
import { evaluatePlan } from '../plan/evaluate-plan.ts';
import { ruleNodes } from '../plan/rule-nodes.ts';
import type { RuleProgram } from '../plan/rule-program.ts';
import { RuleColumn } from '../simulator/rule-column.ts';
import type { Decide, Decision } from './decision.ts';

const SIGNALS = ['enter_long', 'exit_long', 'enter_short', 'exit_short'] as const;

/**
 * The signals of rules at every bar from the warm-up on, whether or not an account would act on them; with an entry go the
 * sizes and distances that are read with it.
 */
export function decideBySignals(program: RuleProgram, settings: BacktestSettings): Decide {
  return (data) => {
    const market = marketWithRules(applyGapPolicy(data, settings), settings.instrument);
    const decisions = market.instruments.flatMap((_, instrument) => signalsOf(program, market, instrument));
    return market.instruments.length === 1 ? decisions : decisions.sort((a, b) => a.ts - b.ts);
  };
}

function signalsOf({ plan, rules, warm_up_bars }: RuleProgram, market: MarketData, instrument: number): Decision[] {
  const series = market.instruments[instrument];
  if (series === undefined) return [];
  const nodes = ruleNodes(rules);
  const { columns, first_bar } = evaluatePlan(plan, market, instrument, nodes);
  const column = (node: number) => new RuleColumn(columns.get(node) ?? NaN);
  const signalNodes = SIGNALS.map((name) => rules[name]);
  const numbers = nodes.filter((node) => !signalNodes.includes(node)).map(column);
  const signals = SIGNALS.flatMap((name) => {
    const node = rules[name];
    return node === null
      ? []
      : [{ what: `${name} ${series.symbol}`, isEntry: /^enter/.test(name), column: column(node) }];
  });

  const { ts } = series.candles;
  const decisions: Decision[] = [];
  for (let bar = Math.max(warm_up_bars, first_bar); bar < ts.length; bar++) {
    for (const { what, isEntry, column: signal } of signals) {
      if (!isTrue(signal.at(bar))) continue;
      const detail = isEntry ? numbers.map((number) => number.at(bar)).join(' ') : '';
      decisions.push({ ts: ts[bar] as number, what, detail });
    }
  }
  return decisions;
}
