import type { OverfittingEstimate } from '@tradebase/contracts';
import { log } from '../math/logarithm.ts';

/** Blocks that periods are cut into, where there are enough: 12,870 splits. */
const MOST_BLOCKS = 16;
/** A block needs so many periods to say anything. */
const LEAST_BLOCK = 4;
/** Deviations at or below this share of the mean are what rounding leaves of the difference of two sums. */
const ROUNDING = 1e-6;

/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation: Bailey, Borwein, Lopez de Prado and
 * Zhu, "The Probability of Backtest Overfitting" (Journal of Computational Finance, 2017).
 *
 * Periods are cut into S blocks. For every choice of S / 2 of them, the trial with the best Sharpe ratio on those is
 * looked up in the others, where its rank among N trials is w = rank / (N + 1), from the worst at 1, ties sharing their
 * mean rank. The probability is the share of choices with logit ln(w / (1 - w)) <= 0: the chosen trial was no better than
 * the median. A trial whose returns do not vary has a Sharpe ratio of 0. Yields how many choices are done.
 *
 * @param returns of each trial, all of one length: periods beyond a multiple of S are left out at the start
 * @param blocks S, even; default 16, or as many as leave four periods a block
 */
export function* estimateOverfitting(
  returns: readonly Float64Array[],
  blocks = defaultBlocks(returns[0]?.length ?? 0),
): Generator<number, OverfittingEstimate, void> {
  const trials = returns.length;
  const periods = returns[0]?.length ?? 0;
  if (trials < 2) return undefinedBecause('it takes at least two trials with returns', trials);
  if (returns.some((row) => row.length !== periods))
    throw new RangeError('all trials need returns of the same periods');
  if (blocks < 2 || blocks % 2 !== 0 || periods < 2 * blocks) {
    return undefinedBecause(`${periods} days are too few to split; it takes at least ${4 * LEAST_BLOCK}`, trials);
  }
  const sums = blockSums(returns, blocks);
  const chosenInside: number[] = [];
  const chosenOutside: number[] = [];
  const logits: number[] = [];
  const judge = (inside: Float64Array, outside: Float64Array) => {
    const best = indexOfLargest(inside);
    chosenInside.push(inside[best] as number);
    chosenOutside.push(outside[best] as number);
    const share = rankOf(outside, best) / (trials + 1);
    logits.push(log(share / (1 - share)));
  };
  const [half, rest] = [new Float64Array(trials), new Float64Array(trials)];
  for (const chosen of halves(blocks)) {
    sharpes(half, sums, chosen, 1);
    sharpes(rest, sums, chosen, 0);
    judge(half, rest);
    judge(rest, half);
    yield logits.length;
  }
  const ascending = Float64Array.from(logits).sort();
  const middle = ascending.length / 2;
  return {
    value: logits.filter((logit) => logit <= 0).length / logits.length,
    reason: null,
    trials,
    blocks,
    splits: logits.length,
    // The number of splits is even: each has its complement.
    median_logit: ((ascending[middle - 1] as number) + (ascending[middle] as number)) / 2,
    loss_probability: chosenOutside.filter((value) => value < 0).length / logits.length,
    degradation_slope: slope(chosenInside, chosenOutside),
  };
}

function defaultBlocks(periods: number): number {
  return Math.min(MOST_BLOCKS, 2 * Math.floor(periods / (2 * LEAST_BLOCK)));
}

function undefinedBecause(reason: string, trials: number): OverfittingEstimate {
  return {
    value: null,
    reason,
    trials,
    blocks: 0,
    splits: 0,
    median_logit: null,
    loss_probability: null,
    degradation_slope: null,
  };
}

/** Sums and sums of squares of returns by block and trial: all that a Sharpe ratio of any blocks needs. */
interface BlockSums {
  readonly blocks: number;
  readonly block_periods: number;
  /** By block, one number a trial. */
  readonly sums: readonly Float64Array[];
  readonly squares: readonly Float64Array[];
}

function blockSums(returns: readonly Float64Array[], blocks: number): BlockSums {
  const periods = returns[0]?.length ?? 0;
  const block_periods = Math.floor(periods / blocks);
  const start = periods - block_periods * blocks;
  const sums: Float64Array[] = [];
  const squares: Float64Array[] = [];
  for (let block = 0; block < blocks; block++) {
    const from = start + block * block_periods;
    const rows = returns.map((row) => row.subarray(from, from + block_periods));
    sums.push(Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value, 0)));
    squares.push(Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value * value, 0)));
  }
  return { blocks, block_periods, sums, squares };
}

/** Fills in the Sharpe ratio of each trial over the blocks whose flag is `side`. */
function sharpes(
  result: Float64Array,
  { blocks, block_periods, sums, squares }: BlockSums,
  chosen: Uint8Array,
  side: 0 | 1,
): void {
  const totals = new Float64Array(result.length);
  const squareTotals = new Float64Array(result.length);
  let periods = 0;
  for (let block = 0; block < blocks; block++) {
    if (chosen[block] !== side) continue;
    periods += block_periods;
    const blockTotals = sums[block] as Float64Array;
    const blockSquares = squares[block] as Float64Array;
    for (let trial = 0; trial < result.length; trial++) {
      totals[trial] = (totals[trial] as number) + (blockTotals[trial] as number);
      squareTotals[trial] = (squareTotals[trial] as number) + (blockSquares[trial] as number);
    }
  }
  for (let trial = 0; trial < result.length; trial++) {
    const mean = (totals[trial] as number) / periods;
    const variance = ((squareTotals[trial] as number) - periods * mean * mean) / (periods - 1);
    const deviation = Math.sqrt(Math.max(variance, 0));
    result[trial] = deviation > ROUNDING * Math.abs(mean) ? mean / deviation : 0;
  }
}

/** Each way to part the blocks into halves, once: 1 for that of the first block, 0 for the other; the array is reused. */
function* halves(blocks: number): Generator<Uint8Array, void, void> {
  const chosen = new Uint8Array(blocks);
  for (let bits = 1; bits < 2 ** blocks; bits += 2) {
    let count = 0;
    for (let block = 0; block < blocks; block++) {
      chosen[block] = (bits >>> block) & 1;
      count += chosen[block] as number;
    }
    if (count === blocks / 2) yield chosen;
  }
}

function indexOfLargest(values: Float64Array): number {
  let largest = 0;
  for (let at = 1; at < values.length; at++) if ((values[at] as number) > (values[largest] as number)) largest = at;
  return largest;
}

/** Rank of an element from the smallest at 1; equal ones share the mean of their ranks. */
function rankOf(values: Float64Array, element: number): number {
  const own = values[element] as number;
  let below = 0;
  let equal = 0;
  for (const value of values) {
    if (value < own) below += 1;
    else if (value === own) equal += 1;
  }
  return below + (equal + 1) / 2;
}

/** Of the least-squares line of y on x; null where x does not vary. */
function slope(x: readonly number[], y: readonly number[]): number | null {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length;
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length;
  let products = 0;
  let squares = 0;
  x.forEach((value, at) => {
    products += (value - meanX) * ((y[at] as number) - meanY);
    squares += (value - meanX) * (value - meanX);
  });
  // What does not vary but by rounding has no line through it.
  return squares > x.length * (ROUNDING * meanX) * (ROUNDING * meanX) ? products / squares : null;
}
