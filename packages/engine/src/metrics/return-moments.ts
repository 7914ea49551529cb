/** Mean, spread and shape of a series of returns. What cannot be computed is NaN. */
export interface ReturnMoments {
  readonly count: number;
  readonly mean: number;
  /** Sample deviation: divided by n - 1. */
  readonly deviation: number;
  /** Population deviation: divided by n. */
  readonly populationDeviation: number;
  /** m3 / m2^1.5 with population moments: below 0 when the large returns are losses. */
  readonly skewness: number;
  /** m4 / m2^2 with population moments, not in excess: 3 for a normal distribution. */
  readonly kurtosis: number;
}

/** Moments in two passes, so that a mean far from zero costs no digits. */
export function returnMoments(returns: Float64Array): ReturnMoments {
  const count = returns.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += returns[i] as number;
  const mean = sum / count;

  let squares = 0;
  let cubes = 0;
  let fourths = 0;
  for (let i = 0; i < count; i++) {
    const distance = (returns[i] as number) - mean;
    const square = distance * distance;
    squares += square;
    cubes += square * distance;
    fourths += square * square;
  }
  const variance = squares / count;
  const populationDeviation = Math.sqrt(variance);
  return {
    count,
    mean,
    deviation: Math.sqrt(squares / (count - 1)),
    populationDeviation,
    skewness: cubes / count / (variance * populationDeviation),
    kurtosis: fourths / count / (variance * variance),
  };
}
