/**
 * A curve through points that has no maximum or minimum but theirs: piecewise cubic with the slopes of F. Fritsch and
 * J. Butland, "A method for constructing local monotone piecewise cubic interpolants" (1984). Flat beyond its ends.
 *
 * @param x ascending, at least one
 */
export class MonotoneCubic {
  readonly #x: readonly number[];
  readonly #y: readonly number[];
  readonly #slopes: number[];

  constructor(x: readonly number[], y: readonly number[]) {
    this.#x = x;
    this.#y = y;
    const secants = x.slice(1).map((right, i) => ((y[i + 1] ?? NaN) - (y[i] ?? NaN)) / (right - (x[i] ?? NaN)));
    this.#slopes = x.map((_, i) => {
      const [before, after] = [secants[i - 1], secants[i]];
      // The ends meet what is flat beyond them.
      if (before === undefined || after === undefined || before * after <= 0) return 0;
      const [left, right] = [(x[i] ?? NaN) - (x[i - 1] ?? NaN), (x[i + 1] ?? NaN) - (x[i] ?? NaN)];
      const [w1, w2] = [2 * right + left, right + 2 * left];
      return (w1 + w2) / (w1 / before + w2 / after);
    });
  }

  at(x: number): number {
    const last = this.#x.length - 1;
    if (!(x > (this.#x[0] ?? NaN))) return this.#y[0] ?? NaN;
    if (x >= (this.#x[last] ?? NaN)) return this.#y[last] ?? NaN;
    let i = 0;
    while (x >= (this.#x[i + 1] ?? Infinity)) i++;
    const [x0, x1, y0, y1] = [this.#x[i] ?? NaN, this.#x[i + 1] ?? NaN, this.#y[i] ?? NaN, this.#y[i + 1] ?? NaN];
    const width = x1 - x0;
    const t = (x - x0) / width;
    const [m0, m1] = [(this.#slopes[i] ?? NaN) * width, (this.#slopes[i + 1] ?? NaN) * width];
    const rest = 1 - t;
    return rest * rest * ((1 + 2 * t) * y0 + t * m0) + t * t * ((3 - 2 * t) * y1 - rest * m1);
  }
}
