import type { ParameterValues, StrategyParameters } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { createGridSearcher } from '../src/optimiser/grid-searcher.ts';
import { HaltonSequence } from '../src/optimiser/halton-sequence.ts';
import { createRandomSearcher } from '../src/optimiser/random-searcher.ts';
import { createSearchSpace, type SearchSpace } from '../src/optimiser/search-space.ts';
import type { Searcher } from '../src/optimiser/searcher.ts';
import { createTpeSearcher } from '../src/optimiser/tpe-searcher.ts';

const number = (min: number, max: number) => ({ type: 'number' as const, default: min, min, max });

interface Problem {
  readonly parameters: StrategyParameters;
  /** Smaller is better. */
  loss(values: Record<string, number>): number;
}

/** Standard functions of global optimisation, all with a minimum of 0 but Branin's 0.397887. */
const BRANIN: Problem = {
  parameters: { x: number(-5, 10), y: number(0, 15) },
  loss: ({ x = 0, y = 0 }) =>
    (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10,
};
const ROSENBROCK: Problem = {
  parameters: { x: number(-2, 2), y: number(-1, 3) },
  loss: ({ x = 0, y = 0 }) => 100 * (y - x * x) ** 2 + (1 - x) ** 2,
};
/** A valley across an integer and a logarithmic parameter, the right boolean and the right one of four words. */
const MIXED: Problem = {
  parameters: {
    n: { type: 'integer', default: 1, min: 1, max: 200, step: 1 },
    rate: { ...number(1e-5, 1), log: true },
    flag: { type: 'boolean', default: false },
    word: { type: 'choice', default: 'a', choices: ['a', 'b', 'c', 'd'] },
  },
  loss: (values) => {
    const n = (Number(values.n) - 37) / 20;
    const rate = Math.log10(Number(values.rate)) + 2;
    const word = String(values.word);
    return n * n + rate * rate + n * rate + (values.flag ? 0 : 1) + (word === 'c' ? 0 : word === 'a' ? 0.5 : 1);
  },
};

function searchAll({ parameters }: Problem): SearchSpace {
  return createSearchSpace(parameters, Object.fromEntries(Object.keys(parameters).map((name) => [name, {}])));
}

/** What a search proposes, told the negative loss of each in portions of four. */
function history(searcher: Searcher, problem: Problem, budget: number): { values: ParameterValues; loss: number }[] {
  const made: { values: ParameterValues; loss: number }[] = [];
  while (made.length < budget) {
    const proposals = searcher.ask(Math.min(4, budget - made.length));
    if (proposals.length === 0) break;
    for (const proposal of proposals) {
      const loss = problem.loss(proposal.values as Record<string, number>);
      made.push({ values: proposal.values, loss });
      searcher.tell(proposal.number, -loss);
    }
  }
  return made;
}

function medianBest(create: (space: SearchSpace, seed: number) => Searcher, problem: Problem, budget: number): number {
  const space = searchAll(problem);
  const best = Array.from({ length: 15 }, (_, seed) =>
    Math.min(...history(create(space, seed + 1), problem, budget).map(({ loss }) => loss)),
  ).sort((a, b) => a - b);
  return best[7] ?? Number.NaN;
}

const tpe = (space: SearchSpace, seed: number) => createTpeSearcher(space, { seed });
const random = (space: SearchSpace, seed: number) => createRandomSearcher(space, { sequence: 'random', seed });
const halton = (space: SearchSpace, seed: number) => createRandomSearcher(space, { sequence: 'low_discrepancy', seed });

describe('The TPE search', () => {
  it.each<[string, Problem]>([
    ["Branin's function", BRANIN],
    ["Rosenbrock's valley", ROSENBROCK],
    ['a mix of integer, logarithmic, boolean and choice', MIXED],
  ])('beats random search on %s, by the median of 15 seeds at equal budgets', (_, problem) => {
    const lowest = problem === BRANIN ? 0.397887 : 0;
    const byModel = medianBest(tpe, problem, 120) - lowest;
    expect(byModel).toBeLessThan(0.5 * (medianBest(random, problem, 120) - lowest));
    expect(byModel).toBeLessThan(0.5 * (medianBest(halton, problem, 120) - lowest));
  });

  it('goes on after a restart as if there had been none: from the trials that were recorded', () => {
    const space = searchAll(MIXED);
    const whole = history(tpe(space, 7), MIXED, 60);
    const resumed = tpe(space, 7);
    for (let portion = 0; portion < 10; portion++) {
      const proposals = resumed.ask(4);
      proposals.forEach(({ number }) => {
        resumed.tell(number, -(whole[number - 1]?.loss ?? Number.NaN));
      });
    }
    expect(history(resumed, MIXED, 20)).toEqual(whole.slice(40));
  });

  it('does not depend on the order in which a portion comes back', () => {
    const space = searchAll(BRANIN);
    const [forward, backward] = [tpe(space, 3), tpe(space, 3)];
    for (let portion = 0; portion < 8; portion++) {
      const asked = forward.ask(4);
      expect(backward.ask(4)).toEqual(asked);
      const tell = (searcher: Searcher, proposals: typeof asked) => {
        for (const { number, values } of proposals) searcher.tell(number, -BRANIN.loss(values as never));
      };
      tell(forward, asked);
      tell(backward, asked.toReversed());
    }
  });

  it('avoids where trials fail', () => {
    const space = searchAll(BRANIN);
    const searcher = tpe(space, 1);
    let late = 0;
    for (let made = 0; made < 120; made++) {
      const [proposal] = searcher.ask(1);
      if (proposal === undefined) break;
      const fails = Number(proposal.values.x) > 2.5;
      if (made >= 60 && fails) late += 1;
      searcher.tell(proposal.number, fails ? null : -BRANIN.loss(proposal.values as never));
    }
    expect(late).toBeLessThan(15);
  });
});

describe('Every searcher', () => {
  const SMALL: Problem = {
    parameters: {
      n: { type: 'integer', default: 1, min: 1, max: 7, step: 1 },
      word: { type: 'choice', default: 'a', choices: ['a', 'b', 'c'] },
    },
    loss: ({ n = 0 }) => n,
  };

  it.each<[string, (space: SearchSpace, seed: number) => Searcher]>([
    ['grid', (space, seed) => createGridSearcher(space, { sample: null, seed })],
    ['random', random],
    ['low-discrepancy', halton],
    ['TPE', tpe],
  ])('of a small space finds each point once, and ends: %s', (_, create) => {
    const points = history(create(searchAll(SMALL), 5), SMALL, 1000).map(({ values }) => JSON.stringify(values));
    expect(points).toHaveLength(21);
    expect(new Set(points).size).toBe(21);
  });

  it.each<[string, (space: SearchSpace, seed: number) => Searcher]>([
    ['sampled grid', (space, seed) => createGridSearcher(space, { sample: 10, seed })],
    ['random', random],
    ['low-discrepancy', halton],
    ['TPE', tpe],
  ])('proposes the same for the same seed, and other points for another: %s', (_, create) => {
    const space = searchAll(SMALL);
    const first = history(create(space, 1), SMALL, 10);
    expect(history(create(space, 1), SMALL, 10)).toEqual(first);
    expect(history(create(space, 2), SMALL, 10)).not.toEqual(first);
  });
});

describe('The scrambled Halton sequence', () => {
  it('puts one point of each b^k into each interval of length b^-k, in every dimension', () => {
    const sequence = new HaltonSequence(4, 11);
    [2, 3, 5, 7].forEach((base, dimension) => {
      const count = base ** 3;
      const cells = Array.from({ length: count }, (_, at) =>
        Math.floor((sequence.pointAt(at)[dimension] ?? Number.NaN) * count),
      );
      expect(new Set(cells).size).toBe(count);
    });
  });
});
