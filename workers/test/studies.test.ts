import { type StrategyParameters, StudyResult, StudySpec } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import judge from '../src/cpu/judge-task.ts';
import { runStudy } from '../src/studies/run-study.ts';
import type { Study, StudyContext } from '../src/studies/study.ts';
import { MadeUpEvaluator } from './support/made-up-evaluator.ts';
import { MemoryStudyStore } from './support/memory-study-store.ts';

const PARAMETERS: StrategyParameters = {
  fast: { type: 'integer', default: 10, min: 2, max: 60, step: 1 },
  slow: { type: 'integer', default: 30, min: 5, max: 100, step: 1 },
  stop: { type: 'number', default: 2, min: 0, max: 10 },
};
const DAY_MS = 86_400_000;
const BARS = 600;

function candles() {
  const column = () => new Float64Array(BARS).fill(100);
  const ts = column().map((_, bar) => Date.UTC(2020, 0, 1) + bar * DAY_MS);
  return { ts, open: column(), high: column(), low: column(), close: column(), volume: column() };
}

type StudyInput = Partial<Omit<Study, 'spec'>> & { spec?: object };

function studyOf({ spec, ...fields }: StudyInput = {}): Study {
  return {
    kind: 'bayesian',
    spec: StudySpec.parse({ strategy: { name: 'sma-cross' }, ...spec }),
    search_space: { fast: {}, slow: {} },
    objective: 'sharpe',
    direction: 'maximise',
    planned_trials: 40,
    seed: 7,
    ...fields,
  };
}

interface Run {
  evaluator: MadeUpEvaluator;
  store: MemoryStudyStore;
  cancel: AbortController;
}

function prepare({ evaluator = new MadeUpEvaluator(), store = new MemoryStudyStore() }: Partial<Run> = {}) {
  const cancel = new AbortController();
  const context: StudyContext = {
    candles: candles(),
    parameters: PARAMETERS,
    base_params: {},
    evaluator,
    store,
    engine_version: '1.0.0',
    // As a thread of the pool gets it.
    judge: async (task) => judge(structuredClone(task)),
    deflatedSharpe: (_, { count }) => ({ value: 1 / count, reason: null }),
    signal: cancel.signal,
  };
  return { evaluator, store, cancel, context };
}

/** Runs a study to its end. */
async function resultOf(study: Study, run = prepare()): Promise<StudyResult> {
  const outcome = await runStudy(study, run.context);
  if (outcome.outcome !== 'done') throw new Error(JSON.stringify(outcome));
  return StudyResult.parse(JSON.parse(JSON.stringify(outcome.result)));
}

describe.each<[string, StudyInput]>([
  ['grid', { kind: 'grid', planned_trials: null, search_space: { fast: { step: 4 }, slow: { step: 10 } } }],
  ['random', { kind: 'random', planned_trials: 80 }],
  ['bayesian', { kind: 'bayesian' }],
  [
    'walk_forward',
    {
      kind: 'walk_forward',
      spec: { walk_forward: { train: 200, test: 100, method: 'bayesian', trials_per_fold: 20, embargo_bars: 5 } },
    },
  ],
  [
    'monte_carlo',
    {
      kind: 'monte_carlo',
      search_space: {},
      spec: { monte_carlo: { methods: ['trade_bootstrap', 'candle_noise', 'return_bootstrap'], candle_paths: 40 } },
    },
  ],
])('A study of the kind %s', (_, input) => {
  const study = studyOf(input);

  it('makes the same trials and the same result on one thread and on seven', async () => {
    const [one, seven] = [prepare(), prepare({ evaluator: new MadeUpEvaluator(7) })];
    expect(await resultOf(study, seven)).toEqual(await resultOf(study, one));
    expect(await seven.store.loadTrials()).toEqual(await one.store.loadTrials());
    expect([...one.store.rows.keys()].sort((a, b) => a - b)).toEqual(
      one.store.rows.size > 0 ? numbersTo(one.store.rows.size) : [],
    );
  });

  it('goes on where it was stopped, running nothing twice, to the same result', async () => {
    const whole = prepare();
    const expected = await resultOf(study, whole);
    const stopped = prepare();
    stopped.evaluator.onTrial = (made) => {
      if (made === 13) stopped.cancel.abort();
    };
    expect(await runStudy(study, stopped.context)).toEqual({ outcome: 'stopped' });
    const kept = stopped.store.rows.size;
    expect(kept).toBeGreaterThanOrEqual(12);
    expect(kept).toBeLessThan(whole.store.rows.size);

    const again = prepare({ store: stopped.store });
    expect(await resultOf(study, again)).toEqual(expected);
    expect(await again.store.loadTrials()).toEqual(await whole.store.loadTrials());
    const first = (run: typeof again) => run.evaluator.requests.filter(({ detail }) => detail !== 'series').length;
    if (first(whole) > 0) expect(first(again)).toBeLessThanOrEqual(first(whole) - kept + 1);
  });

  it('ends when the study was taken away', async () => {
    const run = prepare();
    run.store.isOurs = false;
    expect(await runStudy(study, run.context)).toEqual({ outcome: 'stopped' });
    expect(run.store.rows.size).toBe(0);
  });
});

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

describe('A search', () => {
  it('finds the best parameters, and says how much they can be believed', async () => {
    const run = prepare();
    run.store.deleted = 25;
    const result = await resultOf(studyOf({ planned_trials: 150 }), run);
    expect(Math.abs(Number(result.best?.params.fast) - 12)).toBeLessThanOrEqual(2);
    expect(Math.abs(Number(result.best?.params.slow) - 40)).toBeLessThanOrEqual(6);
    expect(result.best?.params.stop).toBe(2);
    expect(result.top.map(({ objective_value }) => objective_value)).toEqual(
      result.top.map(({ objective_value }) => objective_value).toSorted((a, b) => Number(b) - Number(a)),
    );
    expect(result.deflated_sharpe).toMatchObject({ value: 1 / 175, trials: 175, periods: 120 });
    expect(result.overfitting).toMatchObject({ trials: 150, blocks: 16, reason: null });
    expect(result.sensitivity?.heat_maps).toHaveLength(1);
    expect(result.sensitivity?.plateau.neighbours).toBeGreaterThan(5);
    expect(JSON.stringify(result).length).toBeLessThan(200_000);
  });

  it('minimises where that is the direction', async () => {
    const result = await resultOf(
      studyOf({ objective: 'max_drawdown_pct', direction: 'minimise', planned_trials: 100 }),
    );
    expect(result.best?.objective_value).toBeLessThan(5.5);
    expect(
      Math.min(...(result.sensitivity?.heat_maps[0]?.values.flat().filter((value) => value !== null) ?? [])),
    ).toBeCloseTo(result.best?.objective_value ?? 0, 4);
  });

  it('passes over combinations that the strategy refuses, which are no trials', async () => {
    const run = prepare();
    const grid = studyOf({
      kind: 'grid',
      planned_trials: null,
      search_space: { fast: { values: [10, 20, 30] }, slow: { values: [15, 25] } },
    });
    const result = await resultOf(grid, run);
    expect(result.trials).toEqual({ completed: 3, failed: 0, infeasible: 3, ever_made: 3 });
    expect([...run.store.rows.values()].map(({ params }) => [params.fast, params.slow])).toEqual([
      [10, 15],
      [10, 25],
      [20, 25],
    ]);
  });

  it('keeps failed trials as trials', async () => {
    const run = prepare();
    run.evaluator.fails = ({ fast }) => Number(fast) > 30;
    const result = await resultOf(studyOf({ kind: 'random', planned_trials: 100 }), run);
    expect(result.trials.failed).toBeGreaterThan(5);
    expect(result.trials.completed + result.trials.failed).toBe(100);
    expect(result.trials.ever_made).toBe(100);
    const failed = [...run.store.rows.values()].find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ metrics: null, objective_value: null, error: 'the data has a gap' });
  });

  it('gives no objective to trials with too few trades', async () => {
    const result = await resultOf(
      studyOf({ kind: 'random', planned_trials: 100, spec: { search: { min_trades: 60 } } }),
    );
    expect(Number(result.best?.params.slow)).toBeGreaterThanOrEqual(60);
  });

  it('samples a grid that is too large to run', async () => {
    const run = prepare();
    await resultOf(studyOf({ kind: 'grid', planned_trials: 50 }), run);
    expect(run.store.rows.size).toBeLessThanOrEqual(50);
    expect(run.store.rows.size).toBeGreaterThan(10);
  });

  it('writes many fast trials in few batches, with rising progress', async () => {
    const run = prepare({ evaluator: new MadeUpEvaluator(256) });
    await resultOf(studyOf({ kind: 'random', planned_trials: 1500 }), run);
    expect(run.store.rows.size).toBe(1500);
    expect(run.store.standings.length).toBeLessThan(300);
    const progress = run.store.standings.map((standing) => standing.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    expect(run.store.standings.at(-1)).toMatchObject({ planned_trials: 1500, best_trial: expect.any(Number) });
  });

  it('throws what the store throws, for the queue to try again', async () => {
    const run = prepare();
    run.store.onWrite = () => {
      throw new Error('the connection was lost');
    };
    await expect(runStudy(studyOf(), run.context)).rejects.toThrow('the connection was lost');
  });
});

describe('A walk-forward', () => {
  const settings = { train: 200, test: 100, method: 'random', trials_per_fold: 30, purge_bars: 10, embargo_bars: 5 };
  const study = studyOf({ kind: 'walk_forward', spec: { walk_forward: settings } });

  it('never shows a test to the search of its fold', async () => {
    const run = prepare();
    const result = await resultOf(study, run);
    const folds = result.walk_forward?.folds ?? [];
    expect(folds).toHaveLength(3);
    for (const trial of run.evaluator.requests.filter(({ detail }) => detail === 'metrics')) {
      const fold = folds.find(({ train }) => train.to_bar === trial.window.to);
      expect(fold?.train.from_bar).toBe(trial.window.trade_from);
      expect(trial.window.to).toBeLessThanOrEqual((fold?.test.from_bar ?? 0) - 15);
      // Indicators look back, as far as there are bars.
      expect(trial.window.from).toBe(0);
    }
    expect([...run.store.rows.values()].map(({ metrics }) => metrics?.fold)).toEqual(
      [1, 2, 3].flatMap((fold) => new Array(30).fill(fold)),
    );
  });

  it('tests the best of each training window, and stitches the tests', async () => {
    const run = prepare();
    const { walk_forward, best } = await resultOf(study, run);
    const folds = walk_forward?.folds ?? [];
    const tests = run.evaluator.requests.filter(({ detail, window }) =>
      folds.some(({ test }) => detail === 'series' && test.from_bar === window.trade_from && test.to_bar === window.to),
    );
    expect(tests.map(({ params }) => params)).toEqual(folds.map(({ params }) => params));
    const growth = folds.reduce((product, fold) => product * (1 + Number(fold.out_of_sample_return_pct) / 100), 1);
    expect(walk_forward?.out_of_sample.total_return_pct).toBeCloseTo(100 * (growth - 1), 9);
    expect(walk_forward?.out_of_sample.days).toBe(360);
    expect(best?.number).toBe(folds.at(-1)?.best_trial);
  });
});

describe('A Monte Carlo', () => {
  it('places the original among the paths of each method', async () => {
    const methods = ['trade_bootstrap', 'trade_permutation', 'return_bootstrap', 'candle_bootstrap', 'candle_noise'];
    const run = prepare();
    const study = studyOf({
      kind: 'monte_carlo',
      search_space: {},
      spec: { monte_carlo: { methods, candle_paths: 30 } },
    });
    const { monte_carlo } = await resultOf(study, run);
    expect(monte_carlo?.map(({ method, paths }) => [method, paths])).toEqual([
      ['trade_bootstrap', 1000],
      ['trade_permutation', 1000],
      ['return_bootstrap', 1000],
      ['candle_bootstrap', 30],
      ['candle_noise', 30],
    ]);
    for (const { total_return_pct, max_drawdown_pct, ruin_probability } of monte_carlo ?? []) {
      expect(total_return_pct?.original_percentile).toBeGreaterThanOrEqual(0);
      expect(total_return_pct?.percentiles.p5).toBeLessThanOrEqual(total_return_pct?.percentiles.p95 ?? 0);
      expect(max_drawdown_pct?.percentiles.p50).toBeGreaterThanOrEqual(0);
      expect(ruin_probability).toBeLessThanOrEqual(1);
    }
    expect([...run.store.rows.values()][0]?.params).toEqual({
      method: 'candle_bootstrap',
      path_seed: expect.any(Number),
    });
  });
});

describe('A study that makes no sense is refused with one clear error', () => {
  it.each<[string, StudyInput, RegExp]>([
    ['an unknown parameter', { search_space: { fats: {} } }, /no parameter fats; did you mean fast\?/],
    ['an empty search space', { search_space: {} }, /nothing is searched/],
    ['an unknown objective', { objective: 'sharp' }, /sharp is no metric of a backtest; did you mean sharpe\?/],
    [
      'a grid of 10^9 points',
      { kind: 'grid', planned_trials: null, search_space: { stop: { step: 1e-8 } } },
      /the grid has 1000000001 points/,
    ],
    [
      'only combinations that the strategy refuses',
      { search_space: { fast: { min: 50, max: 60 }, slow: { min: 5, max: 20 } } },
      /refuses every combination of parameters: fast must be smaller than slow/,
    ],
    [
      'windows longer than the data',
      { kind: 'walk_forward', spec: { walk_forward: { train: 500, test: 200 } } },
      /needs 500 bars to train.*there are only|but there are 600 bars/,
    ],
    ['a walk-forward without windows', { kind: 'walk_forward' }, /needs spec.walk_forward/],
    ['a Monte Carlo that searches', { kind: 'monte_carlo' }, /its search space must be empty/],
    ['a seed that is no whole number', { seed: 0.5 }, /the seed is 0.5/],
  ])('%s', async (_, input, message) => {
    const run = prepare();
    const outcome = await runStudy(studyOf(input), run.context);
    expect(outcome).toEqual({ outcome: 'refused', message: expect.stringMatching(message) });
  });

  it('and one whose recorded trials are of another search', async () => {
    const first = prepare();
    await resultOf(studyOf({ planned_trials: 10 }), first);
    const outcome = await runStudy(studyOf({ seed: 8 }), prepare({ store: first.store }).context);
    expect(outcome).toEqual({
      outcome: 'refused',
      message: expect.stringContaining('trial 1 was made with other parameters'),
    });
  });
});
