import { runInC } from './run-in-c.ts';

/**
 * The sweep by hand in C, plain loops: each average once, then per parameter set one pass with fills at the next open, equity, drawdown,
 * days and trades. SOURCE takes bars and parameter sets.
 */
const SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <math.h>
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
int main(int argc, char **argv) {
  int n = atoi(argv[1]), sets = atoi(argv[2]), slows = (int)round(sqrt(sets * 1.6));
  if (slows < 1) slows = 1;
  double *close = malloc(n * 8), *open = malloc(n * 8);
  double price = 100; unsigned long s = 42;
  for (int i = 0; i < n; i++) {
    s = s * 48271 % 2147483647; open[i] = price; price *= 1 + (s / 2147483647.0 - 0.5) * 0.002; close[i] = price;
  }
  double best = 1e18, sink = 0;
  for (int run = 0; run < 4; run++) {
    double start = now();
    double **means = calloc(1000, sizeof(double *));
    for (int set = 0; set < sets; set++) {
      int periods[2] = { 3 + 2 * (set / slows), 60 + 5 * (set % slows) };
      for (int k = 0; k < 2; k++) {
        int p = periods[k];
        if (means[p]) continue;
        double *mean = means[p] = malloc(n * 8), sum = 0;
        for (int i = 0; i < n; i++) { sum += close[i]; if (i >= p) sum -= close[i - p]; mean[i] = sum / p; }
      }
      const double *fast = means[periods[0]], *slow = means[periods[1]];
      double cash = 10000, quantity = 0, entry = 0, peak = 10000, share = 1, day = 10000, sum = 0, squares = 0;
      int pending = 0, before = 0, trades = 0, wins = 0, first = periods[1] - 1;
      for (int i = first; i < n; i++) {
        if (pending == 1 && quantity == 0) { entry = open[i]; quantity = cash / (entry * 1.0001); cash = 0; }
        else if (pending == -1 && quantity > 0) {
          cash = quantity * open[i] * 0.9999; wins += cash > quantity * entry * 1.0001; trades++; quantity = 0;
        }
        int above = fast[i] > slow[i];
        pending = i > first ? above - before : 0;
        before = above;
        double mark = cash + quantity * close[i];
        if (mark > peak) peak = mark; else if (mark < peak * share) share = mark / peak;
        if (i % 1440 == 1439) { double r = mark / day - 1; sum += r; squares += r * r; day = mark; }
      }
      sink += cash + share + trades + wins + sum + squares;
    }
    for (int p = 0; p < 1000; p++) free(means[p]);
    free(means);
    double took = now() - start;
    if (took < best) best = took;
  }
  printf("%f %f\\n", best / n / sets, sink);
}
`;

/** Nanoseconds a bar and parameter set of that; null where there is no gcc. */
export function nsPerStepInC(bars: number, parameterSets: number): number | null {
  return runInC(SOURCE, [bars, parameterSets]);
}
