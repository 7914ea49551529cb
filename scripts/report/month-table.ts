import type { BacktestReport } from '@tradebase/contracts';
import { formatNumber } from './format.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Returns from which on a cell has the next shade, in percent. */
const SHADES = [0.5, 2, 5, 10] as const;

/** Returns by year and month, shaded by size, with the total of each year. */
export function monthTable(rows: BacktestReport['monthly_returns']): string {
  const cell = (pct: number | null) => (pct === null ? '<td></td>' : `<td class="${shade(pct)}">${text(pct)}</td>`);
  const body = rows.map(
    ({ year, months_pct, year_pct }) =>
      `<tr><th scope="row">${year}</th>${months_pct.map(cell).join('')}${cell(year_pct).replace('class="', 'class="total ')}</tr>`,
  );
  return `<div class="scroller" tabindex="0" role="region" aria-label="Monthly returns"><table class="months">
<thead><tr><th scope="col">Year</th>${MONTHS.map((month) => `<th scope="col">${month}</th>`).join('')}<th scope="col">Total</th></tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`;
}

function shade(pct: number): string {
  const size = SHADES.filter((edge) => Math.abs(pct) >= edge).length;
  return size === 0 ? 'even' : `${pct > 0 ? 'up' : 'down'}-${size}`;
}

function text(pct: number): string {
  return formatNumber(pct, { decimals: Math.abs(pct) < 100 ? 1 : 0 });
}
