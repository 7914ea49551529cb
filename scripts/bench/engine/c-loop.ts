import { runInC } from './run-in-c.ts';

/** The same backtest by hand in C: running sums, fills at the next open, equity, drawdown, trades; SOURCE takes the bars. */
const SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
int main(int argc, char **argv) {
  int n = atoi(argv[1]);
  double *close = malloc(n * 8), *open = malloc(n * 8), *equity = malloc(n * 8), *pnl = malloc(n * 8);
  double price = 100; unsigned long s = 42;
  for (int i = 0; i < n; i++) {
    s = s * 48271 % 2147483647; open[i] = price; price *= 1 + (s / 2147483647.0 - 0.5) * 0.002; close[i] = price;
  }
  double best = 1e18, sink = 0;
  for (int run = 0; run < 60; run++) {
    double start = now(), fast = 0, slow = 0, cash = 10000, quantity = 0, entry = 0, peak = 10000, share = 1;
    int pending = 0, before = 0, trades = 0;
    for (int i = 0; i < n; i++) {
      if (pending == 1 && quantity == 0) { entry = open[i]; quantity = cash / (entry * 1.0001); cash = 0; }
      else if (pending == -1 && quantity > 0) {
        cash = quantity * open[i] * 0.9999; pnl[trades++] = cash - quantity * entry * 1.0001; quantity = 0;
      }
      pending = 0;
      fast += close[i]; slow += close[i];
      if (i >= 10) fast -= close[i - 10];
      if (i >= 30) slow -= close[i - 30];
      if (i >= 29) {
        int above = fast * 3 > slow;
        if (i > 29) pending = above - before;
        before = above;
      }
      double mark = cash + quantity * close[i];
      equity[i] = mark;
      if (mark > peak) peak = mark; else if (mark < peak * share) share = mark / peak;
    }
    double took = now() - start;
    if (took < best) best = took;
    sink += equity[n / 2] + share + trades;
  }
  printf("%f %f\\n", best / n, sink);
}
`;

/** Nanoseconds a bar of a loop in C at -O3 over so many bars; null where there is no gcc. */
export function nsPerBarInC(bars: number): number | null {
  return runInC(SOURCE, [bars]);
}
