import type { BacktestReport } from '@tradebase/contracts';
import { escapeHtml } from './escape-html.ts';
import { columnDecimals, formatBarTime, formatNumber } from './format.ts';

const HEADINGS = [
  '#',
  'Side',
  'Entry',
  'Exit',
  'Bars',
  'Entry price',
  'Exit price',
  'Quantity',
  'Fees',
  'P&L',
  'Return',
  'MAE',
  'MFE',
  'Exit by',
];

/** The open positions in words, and the frame of the table that `trade-table.js` fills. */
export function tradesSection({ trades, summary, timeframe }: BacktestReport): string {
  const open = summary.open_positions.map(({ symbol, contract, quantity, entry_price, entry_at }) => {
    const what = [symbol, contract].filter((name) => name !== null && name !== '').join(' ');
    const size = formatNumber(Math.abs(quantity), { decimals: columnDecimals([quantity], { significant: 6 }) });
    const price = formatNumber(entry_price, { decimals: columnDecimals([entry_price], { significant: 7 }) });
    const verb = quantity > 0 ? 'bought' : 'sold short';
    return `<p>Still open: ${size} ${escapeHtml(what)} ${verb} at ${price}, ${formatBarTime(entry_at, timeframe)}.</p>`;
  });
  if (trades.length === 0) return `<h2>Trades</h2>${open.join('')}<p class="empty">No trade was closed.</p>`;
  const count = formatNumber(summary.trades, { decimals: 0 });
  const shown =
    trades.length < summary.trades
      ? `the first ${formatNumber(trades.length, { decimals: 0 })} of ${count} closed`
      : `${count} closed`;
  return `<h2>Trades <small>${shown}; click a heading to sort</small></h2>${open.join('')}
<div class="scroller" tabindex="0" role="region" aria-label="Trades"><table id="trade-table">
<thead><tr>${HEADINGS.map((heading) => `<th scope="col"><button type="button">${escapeHtml(heading)}</button></th>`).join('')}</tr></thead>
<tbody></tbody></table></div>
<nav aria-label="Pages of trades"><button type="button" id="previous-page">Previous</button> <span id="page-range"></span> <button type="button" id="next-page">Next</button></nav>`;
}
