import { DataFrame } from 'data-forge';
import grademark from 'grademark';
import { fastestMs, nsEach } from './fastest-ms.ts';
import { randomWalk } from './random-walk.ts';

const BARS = 20_000;

interface Bar {
  time: Date;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  above: boolean;
}

/** Nanoseconds a bar of grademark's backtest of the same crossover, signals computed beforehand. */
export function grademarkNsPerBar(): number {
  const { ts, open, high, low, close } = randomWalk(BARS);
  const mean = (end: number, period: number) => {
    let sum = 0;
    for (let i = end - period + 1; i <= end; i += 1) sum += close[i] ?? NaN;
    return sum / period;
  };
  const bars: Bar[] = Array.from(ts, (time, i) => ({
    time: new Date(time),
    open: open[i] ?? NaN,
    high: high[i] ?? NaN,
    low: low[i] ?? NaN,
    close: close[i] ?? NaN,
    volume: 1,
    above: mean(i, 10) > mean(i, 30),
  }));
  const series = new DataFrame<number, Bar>(bars);
  const strategy = {
    entryRule: (enter: () => void, { bar }: { bar: Bar }) => {
      if (bar.above) enter();
    },
    exitRule: (exit: () => void, { bar }: { bar: Bar }) => {
      if (!bar.above) exit();
    },
  };
  return nsEach(
    fastestMs(() => grademark.backtest(strategy, series), { most: 5 }),
    BARS,
  );
}
