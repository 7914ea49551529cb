import { invalid } from './auth-error.ts';

const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Far enough for "forever", near enough for a timestamp. */
const MAX_MS = 1000 * 365 * 24 * 3_600_000;

/** Reads `24h`, `1h30m`, `300ms`, or `none`, which lifts a ban: the time at which the ban ends. */
export function parseBanEnd(duration: string, now: Date): Date | null {
  if (duration === 'none') return null;
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(duration)) {
    throw invalid('invalid format for ban duration: use hours, minutes and seconds as in "1h30m", or "none"');
  }
  const parts = duration.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g);
  const ms = [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0);
  if (ms > MAX_MS) throw invalid('a ban lasts at most 1,000 years');
  return new Date(now.getTime() + ms);
}
