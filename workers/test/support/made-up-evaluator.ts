import { setImmediate } from 'node:timers/promises';
import type { ParameterValues } from '@tradebase/contracts';
import { Random } from '@tradebase/engine';
import type { TrialEvaluator, TrialOutcome, TrialRequest } from '../../src/studies/study.ts';

/** Days of daily returns that it makes up. */
const DAYS = 120;

/** A market in which the outcome of parameters is a formula: fast and slow are best at 12 and 40. */
export class MadeUpEvaluator implements TrialEvaluator {
  readonly requests: TrialRequest[] = [];
  /** How many run at a time; they come back last first. */
  readonly threads: number;
  /** Called after each trial with the number made so far. */
  onTrial: (made: number) => void = () => {};
  fails: (params: ParameterValues) => boolean = () => false;

  constructor(threads = 1) {
    this.threads = threads;
  }

  whyInfeasible({ fast, slow }: ParameterValues): string | null {
    return Number(fast) < Number(slow) ? null : 'fast must be smaller than slow';
  }

  warmUpBars({ slow }: ParameterValues): number {
    return Number(slow);
  }

  async evaluate(
    requests: readonly TrialRequest[],
    { signal, onOutcome }: { signal: AbortSignal; onOutcome(index: number, outcome: TrialOutcome): void },
  ): Promise<void> {
    for (let from = 0; from < requests.length; from += this.threads) {
      await setImmediate();
      const together = requests.slice(from, from + this.threads);
      for (const [place, request] of [...together.entries()].reverse()) {
        if (signal.aborted) return;
        this.requests.push(request);
        onOutcome(from + place, this.#outcomeOf(request));
        this.onTrial(this.requests.length);
      }
    }
  }

  #outcomeOf({ params, window, detail, perturbation }: TrialRequest): TrialOutcome {
    if (this.fails(params)) return { outcome: 'failed', message: 'the data has a gap' };
    const fast = Number(params.fast ?? 12);
    const slow = Number(params.slow ?? 40);
    const skill = 1 / (1 + ((fast - 12) / 6) ** 2 + ((slow - 40) / 20) ** 2);
    const seed = perturbation?.seed ?? window.trade_from;
    const random = new Random(seed, 1000 * fast + slow);
    const daily_returns = Float64Array.from({ length: DAYS }, () => 0.002 * skill + 0.01 * random.normal());
    const growth = daily_returns.reduce((product, change) => product * (1 + change), 1);
    const day = (at: number) => 86_400_000 * (window.trade_from + at);
    return {
      outcome: 'completed',
      metrics: {
        sharpe: skill + (perturbation === null ? 0 : random.normal()),
        total_return_pct: 100 * (growth - 1),
        max_drawdown_pct: 10 * (1 - skill) + 5,
        sharpe_per_period: skill / 20,
        trades: slow,
        win_rate_pct: null,
      },
      series:
        detail !== 'series'
          ? null
          : {
              daily_returns,
              daily_ts: daily_returns.map((_, at) => day(at)),
              trade_returns: daily_returns.subarray(0, 40),
            },
    };
  }
}
