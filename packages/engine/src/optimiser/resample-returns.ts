import { EngineError } from '../engine-error.ts';
import { Random } from '../math/random.ts';
import { type PathStatistics, pathStatistics } from './path-statistics.ts';

export type ReturnResampling =
  /** As many draws as there are, with replacement: other trades could have come. */
  | { readonly method: 'bootstrap' }
  /** The same returns in another order: what the order did. */
  | { readonly method: 'permutation' }
  /** Blocks of geometrically distributed lengths, which keep what follows on what: see `fillStationaryBlocks`. */
  | { readonly method: 'blocks'; readonly mean_block: number };

/**
 * Statistics of `paths` rearrangements of returns, of trades or of days. Yields how many are done, between paths, for
 * those who have other things to do as well.
 *
 * @param returns simple returns, at least two
 * @throws EngineError `invalid_study` on less, or on a return that is no number
 */
export function* resampleReturns(
  returns: Float64Array,
  resampling: ReturnResampling,
  { paths, seed }: { paths: number; seed: number },
): Generator<number, PathStatistics[], void> {
  if (returns.length < 2 || !returns.every(Number.isFinite)) {
    throw new EngineError(
      'invalid_study',
      `${returns.length} returns cannot be resampled; it takes at least two numbers`,
    );
  }
  const path = new Float64Array(returns.length);
  const statistics: PathStatistics[] = [];
  for (let made = 0; made < paths; made++) {
    const random = new Random(seed, made);
    switch (resampling.method) {
      case 'bootstrap':
        for (let at = 0; at < path.length; at++) path[at] = returns[random.integer(returns.length)] as number;
        break;
      case 'permutation':
        path.set(returns);
        random.shuffle(path);
        break;
      case 'blocks': {
        const sources = new Uint32Array(returns.length);
        fillStationaryBlocks(sources, returns.length, resampling.mean_block, random);
        for (let at = 0; at < path.length; at++) path[at] = returns[sources[at] as number] as number;
        break;
      }
    }
    statistics.push(pathStatistics(path));
    yield made + 1;
  }
  return statistics;
}

/**
 * Indices of a stationary bootstrap (Politis and Romano, "The Stationary Bootstrap", 1994): from one to the next goes on
 * in the original order, or with probability 1 / `meanBlock` jumps anywhere. After the last comes the first.
 */
export function fillStationaryBlocks(indices: Uint32Array, count: number, meanBlock: number, random: Random): void {
  let index = random.integer(count);
  for (let at = 0; at < indices.length; at++) {
    indices[at] = index;
    index = random.uniform() * meanBlock < 1 ? random.integer(count) : (index + 1) % count;
  }
}
