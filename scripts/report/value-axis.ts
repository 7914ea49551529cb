import { formatNumber } from './format.ts';
import { logTicks, niceTicks } from './nice-ticks.ts';

/** From this ratio of highest to lowest, a linear axis would press the early years flat on its floor. */
const LOGARITHMIC_FROM = 10;
const PADDING = 0.04;
const COMPACT_FROM = 1e6;
const MAX_DECIMALS = 8;

export interface ValueAxis {
  /** Where a value lies: 0 at the bottom, 1 at the top. */
  readonly position: (value: number) => number;
  readonly ticks: readonly { readonly position: number; readonly label: string }[];
  readonly logarithmic: boolean;
}

/**
 * An axis that holds all values, with about `tickCount` round ticks. Logarithmic when the values span a factor of ten; a
 * flat curve lies in the middle.
 *
 * @param values at least one
 */
export function valueAxis(values: readonly number[], tickCount: number): ValueAxis {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }

  const logarithmic = low > 0 && high / low >= LOGARITHMIC_FROM;
  const project = logarithmic ? Math.log : (value: number) => value;
  const span = project(high) - project(low);
  const padding = span > 0 ? span * PADDING : Math.abs(low) * 0.01 || 1;
  const floor = project(low) - padding;
  const ceiling = project(high) + padding;
  const position = (value: number) => (project(value) - floor) / (ceiling - floor);

  const ticks = logarithmic
    ? logTicks(Math.exp(floor), Math.exp(ceiling), tickCount)
    : niceTicks(floor, ceiling, tickCount);
  const step = (ticks[1] ?? high) - (ticks[0] ?? low);
  return {
    position,
    ticks: ticks.map((tick) => ({ position: position(tick), label: tickLabel(tick, logarithmic ? tick : step) })),
    logarithmic,
  };
}

/** Just enough digits to tell a tick from the next one, `step` away. */
function tickLabel(value: number, step: number): string {
  const size = Math.abs(value);
  if (size < COMPACT_FROM) return formatNumber(value, { decimals: stepDecimals(step) });
  const digits = Math.ceil(Math.log10(size / Math.abs(step || size))) + 2;
  const style = { notation: 'compact', maximumSignificantDigits: Math.min(15, Math.max(1, digits)) } as const;
  return new Intl.NumberFormat('en-US', style).format(value);
}

/** Decimals that a step such as 0.25 is written with. */
export function stepDecimals(step: number): number {
  let decimals = 0;
  while (decimals < MAX_DECIMALS && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6)
    decimals++;
  return decimals;
}
