/**
 * The quantile of ascending values, linear between them (Hyndman and Fan's type 7): at position share * (n - 1). NaN of nothing.
 *
 * @param share from 0 to 1
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const position = share * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below] ?? NaN;
  const high = ascending[below + 1] ?? low;
  return low + (high - low) * (position - below);
}
