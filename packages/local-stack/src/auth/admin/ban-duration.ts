import { parseDurationMs } from '../../config/parse-duration.ts';
import { invalid } from '../requests/auth-error.ts';

/** Far enough for "forever", near enough for a timestamp. */
const MAX_MS = 1000 * 365 * 24 * 3_600_000;

/** Reads `24h`, `1h30m`, `300ms`, or `none`, which lifts a ban: the time at which the ban ends. */
export function parseBanEnd(duration: string, now: Date): Date | null {
  if (duration === 'none') return null;
  const ms = parseDurationMs(duration);
  if (ms === undefined) {
    throw invalid('invalid format for ban duration: use hours, minutes and seconds as in "1h30m", or "none"');
  }
  if (ms > MAX_MS) throw invalid('a ban lasts at most 1,000 years');
  return new Date(now.getTime() + ms);
}
