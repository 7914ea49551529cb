const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30.44 * DAY;
const YEAR_MONTHS = 12;

/** Steps of equal length, shortest first; longer ones are counted in calendar months. */
const STEPS_MS = [1, 5, 15, 30]
  .map((n) => n * MINUTE)
  .concat(
    [1, 3, 6, 12].map((n) => n * HOUR),
    [1, 2, 4, 7, 14].map((n) => n * DAY),
  );
const STEPS_MONTHS = [1, 2, 3, 6, 12, 24, 48, 60, 120, 240, 600, 1200] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export interface TimeTick {
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly label: string;
}

/** Round times in UTC within [from, to], both in milliseconds: at most about `count`, none when no time passes. */
export function timeTicks(from: number, to: number, count: number): TimeTick[] {
  const rough = (to - from) / Math.max(1, count);
  if (!(rough > 0)) return [];
  const stepMs = STEPS_MS.find((step) => step >= rough);
  if (stepMs !== undefined) return fixedTicks(from, to, stepMs);
  const stepMonths = STEPS_MONTHS.find((step) => step * MONTH >= rough) ?? 1200;
  return monthTicks(from, to, stepMonths);
}

function fixedTicks(from: number, to: number, step: number): TimeTick[] {
  const ticks: TimeTick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const time = new Date(at);
    const isMidnight = at % DAY === 0;
    const label = isMidnight ? `${time.getUTCDate()} ${monthName(time)}` : time.toISOString().slice(11, 16);
    ticks.push({ at, label });
  }
  return ticks;
}

function monthTicks(from: number, to: number, step: number): TimeTick[] {
  const start = new Date(from);
  const startMonth = start.getUTCFullYear() * YEAR_MONTHS + start.getUTCMonth();
  const ticks: TimeTick[] = [];
  for (let month = Math.ceil(startMonth / step) * step; ; month += step) {
    const at = Date.UTC(Math.floor(month / YEAR_MONTHS), month % YEAR_MONTHS);
    if (at > to) return ticks;
    if (at < from) continue;
    const time = new Date(at);
    const year = String(time.getUTCFullYear());
    ticks.push({ at, label: step % YEAR_MONTHS === 0 ? year : `${monthName(time)} ${year}` });
  }
}

function monthName(time: Date): string {
  return MONTHS[time.getUTCMonth()] ?? '';
}
