import type { BacktestReport, Timeframe } from '@tradebase/contracts';
import { formatBarTime, formatNumber, formatPercent } from './format.ts';

/** The deepest drawdowns with their dates. */
export function drawdownTable(drawdowns: BacktestReport['drawdowns'], timeframe: Timeframe): string {
  if (drawdowns.length === 0) return '<p class="empty">Equity never fell below its peak.</p>';
  const time = (at: string | null) => (at === null ? 'not yet' : formatBarTime(at, timeframe));
  const rows = drawdowns.map(
    ({ depth_pct, peak_at, trough_at, recovered_at, days, bars }, index) =>
      `<tr><th scope="row">${index + 1}</th><td class="loss">${formatPercent(-depth_pct)}</td><td>${time(peak_at)}</td><td>${time(trough_at)}</td><td>${time(recovered_at)}</td><td>${formatNumber(days, { decimals: 0 })}</td><td>${formatNumber(bars, { decimals: 0 })}</td></tr>`,
  );
  return `<div class="scroller" tabindex="0" role="region" aria-label="Deepest drawdowns"><table>
<thead><tr><th scope="col">#</th><th scope="col">Depth</th><th scope="col">Peak</th><th scope="col">Trough</th><th scope="col">Recovered</th><th scope="col">Days</th><th scope="col">Bars</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}
