import { daysFromCivil, daysInMonth, END_TS, FIRST_TS } from './candle-time.ts';

const ZERO = 48;
const DASH = 45;
const POINT = 46;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;

/**
 * Reads the usual forms of a time from bytes into `into[index]`, in milliseconds since the Unix epoch: `YYYY-MM-DDTHH:MM:SSZ`,
 * the same with `.mmm`, epoch seconds (9 or 10 digits) and epoch milliseconds (12 or 13 digits).
 *
 * @returns the position after the time, or -1 where it has another form or is no time of the calendar
 */
export function scanTimestamp(bytes: Uint8Array, start: number, into: Float64Array, index: number): number {
  if (bytes[start + 4] !== DASH) return scanEpoch(bytes, start, into, index);
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if (
    bytes[start + 7] !== DASH ||
    bytes[start + 10] !== LETTER_T ||
    bytes[start + 13] !== COLON ||
    bytes[start + 16] !== COLON ||
    !(day >= 1 && day <= daysInMonth(year, month) && hour <= 23 && minute <= 59 && second <= 59)
  ) {
    return -1;
  }
  let at = start + 19;
  let millisecond = 0;
  if (bytes[at] === POINT) {
    millisecond = twoDigits(bytes, at + 1) * 10 + (twoDigits(bytes, at + 2) % 10);
    at += 4;
  }
  if (bytes[at] !== LETTER_Z) return -1;
  const ts =
    daysFromCivil(year, month, day) * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond;
  // Also false for NaN, which any character that is no digit becomes.
  if (!(ts >= FIRST_TS && ts < END_TS)) return -1;
  into[index] = ts;
  return at + 1;
}

function scanEpoch(bytes: Uint8Array, start: number, into: Float64Array, index: number): number {
  let at = start;
  let epoch = 0;
  let digit = (bytes[at] ?? 0) - ZERO;
  while (digit >= 0 && digit <= 9) {
    epoch = epoch * 10 + digit;
    digit = (bytes[++at] ?? 0) - ZERO;
  }
  const ts = epochToMs(epoch, at - start);
  if (Number.isNaN(ts)) return -1;
  into[index] = ts;
  return at;
}

/**
 * The unit of an epoch follows from its number of digits, leading zeros refused: 9 or 10 are seconds, 12 or 13
 * milliseconds, both from 1973 to 2199 without overlap. NaN for any other.
 */
export function epochToMs(epoch: number, digits: number): number {
  const ts = digits === 9 || digits === 10 ? epoch * 1000 : digits === 12 || digits === 13 ? epoch : Number.NaN;
  return ts >= 100_000_000_000 && ts < END_TS ? ts : Number.NaN;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
