/** The `share` quantile of numbers in ascending order, linear between them (Hyndman and Fan's type 7). At least one number. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const place = share * (ascending.length - 1);
  const below = Math.floor(place);
  const low = ascending[below] as number;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] as number;
  return low + (place - below) * (high - low);
}
