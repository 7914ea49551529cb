import { logTicks, niceTicks } from './nice-ticks.ts';

/** From this ratio of highest to lowest, a linear axis would press the early years flat on its floor. */
const LOGARITHMIC_FROM = 10;
const PADDING = 0.04;
const COMPACT_FROM = 1e6;

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
  const apart = Math.abs(step) || size || 1;
  const digits = Math.max(1, Math.ceil(Math.log10(Math.max(size, apart) / apart)) + 2);
  return new Intl.NumberFormat('en-US', {
    notation: size >= COMPACT_FROM ? 'compact' : 'standard',
    maximumSignificantDigits: Math.min(15, digits),
    signDisplay: 'negative',
  }).format(value);
}
