import { EngineError } from '../engine-error.ts';
import { checkFastBelowSlow, checkPeriod } from '../indicators/check-periods.ts';
import { firstMacdIndex, macd } from '../indicators/macd.ts';
import { rsi } from '../indicators/rsi.ts';
import { compareRounded } from './compare-rounded.ts';
import { ENTER, EXIT, type Strategy } from './strategy.ts';

/**
 * MACD with an RSI filter, on closes.
 *
 * Entry at bar i: macd[i-1] <= signal[i-1] and macd[i] > signal[i], with rsi[i] < rsi_entry_max. Exit at bar i:
 * macd[i-1] >= signal[i-1] and macd[i] < signal[i], or rsi[i] >= rsi_exit_min. Where both hold (possible when
 * rsi_exit_min < rsi_entry_max), the exit wins: no entry into a position that would be left at once.
 *
 * @throws EngineError `invalid_params` unless the periods are whole numbers of at least 1, fast < slow, and the RSI
 * levels are within 0 and 100
 */
export function macdRsi(
  params: Record<'fast' | 'slow' | 'signal' | 'rsi_period' | 'rsi_entry_max' | 'rsi_exit_min', number>,
): Strategy {
  const { fast, slow, signal, rsi_period, rsi_entry_max, rsi_exit_min } = params;
  checkFastBelowSlow(fast, slow);
  checkPeriod('signal', signal);
  checkPeriod('rsi_period', rsi_period);
  checkRsiLevel('rsi_entry_max', rsi_entry_max);
  checkRsiLevel('rsi_exit_min', rsi_exit_min);

  const periods = { fast, slow, signal };
  const warm_up_bars = Math.max(firstMacdIndex(periods) + 1, rsi_period);
  // An average of n bars carries about n roundings of the price; two such averages make the difference compared here.
  const rounding = (slow + signal) * Number.EPSILON;

  return {
    warm_up_bars,

    computeSignals({ close }) {
      const lines = macd(close, periods);
      const strengths = rsi(close, rsi_period);
      const signals = new Int8Array(close.length);

      const compareAt = (i: number) =>
        compareRounded(lines.macd[i] ?? NaN, lines.signal[i] ?? NaN, (close[i] ?? NaN) * rounding);
      let before = warm_up_bars <= close.length ? compareAt(warm_up_bars - 1) : 0;
      for (let i = warm_up_bars; i < close.length; i++) {
        const now = compareAt(i);
        const strength = strengths[i] ?? NaN;
        if (strength >= rsi_exit_min || (now < 0 && before >= 0)) signals[i] = EXIT;
        else if (now > 0 && before <= 0 && strength < rsi_entry_max) signals[i] = ENTER;
        before = now;
      }
      return signals;
    },
  };
}

function checkRsiLevel(name: string, level: number): void {
  if (!(level >= 0 && level <= 100)) {
    throw new EngineError('invalid_params', `${name} is ${level}; an RSI level lies between 0 and 100`, {
      [name]: level,
    });
  }
}
