import type { ParameterValues } from '@tradebase/contracts';
import { indexOfPoint, pointAtIndex, type SearchSpace } from './search-space.ts';

/** Points that were proposed already. In a continuous space none comes twice. */
export class VisitedPoints {
  readonly #space: SearchSpace;
  readonly #indices = new Set<number>();
  readonly #finite: boolean;

  constructor(space: SearchSpace) {
    this.#space = space;
    this.#finite = space.size <= Number.MAX_SAFE_INTEGER;
  }

  get exhausted(): boolean {
    return this.#indices.size >= this.#space.size;
  }

  has(values: ParameterValues): boolean {
    const index = this.#indexOf(values);
    return index !== undefined && this.#indices.has(index);
  }

  add(values: ParameterValues): void {
    const index = this.#indexOf(values);
    if (index !== undefined) this.#indices.add(index);
  }

  /** These values, or where they were visited, the next point of the grid that was not. Undefined once there is none. */
  nearestNew(values: ParameterValues): ParameterValues | undefined {
    if (this.exhausted) return undefined;
    let index = this.#indexOf(values);
    if (index === undefined || !this.#indices.has(index)) return values;
    while (this.#indices.has(index)) index = (index + 1) % this.#space.size;
    return pointAtIndex(this.#space, index);
  }

  #indexOf(values: ParameterValues): number | undefined {
    return this.#finite ? indexOfPoint(this.#space, values) : undefined;
  }
}
