import type { BacktestTrade } from '@tradebase/contracts';
import { columnDecimals, formatBarTime, formatNumber, formatPercent, moneyDecimals } from './format.ts';
import { toneOf } from './headline-figures.ts';
import type { ReportInput } from './report-input.ts';

const HEADINGS = ['#', 'Entry', 'Exit', 'Bars', 'Entry price', 'Exit price', 'Quantity', 'Fees', 'P&amp;L', 'Return'];

/** Every closed trade as a row, and the open position, if there is one, as a sentence above. */
export function tradesTable({ trades, summary, timeframe }: ReportInput): string {
  const open = summary.open_position;
  const prices = trades.flatMap((trade) => [trade.entry_price, trade.exit_price]);
  const priceDecimals = columnDecimals(open ? [...prices, open.entry_price] : prices, { significant: 7 });
  const quantities = trades.map(({ quantity }) => quantity);
  const quantityDecimals = columnDecimals(open ? [...quantities, open.quantity] : quantities, { significant: 6 });
  const moneyPlaces = moneyDecimals(summary.initial_cash);
  const price = (value: number) => formatNumber(value, { decimals: priceDecimals });
  const quantity = (value: number) => formatNumber(value, { decimals: quantityDecimals });

  const position = open
    ? `<p>Still open: ${quantity(open.quantity)} bought at ${price(open.entry_price)}, ${formatBarTime(open.entry_at, timeframe)}.</p>`
    : '';
  if (trades.length === 0) return `<h2 id="trades">Trades</h2>${position}<p class="empty">No trade was closed.</p>`;

  const row = (trade: BacktestTrade) => {
    const tone = toneOf(trade.pnl);
    return `<tr><th scope="row">${trade.seq}</th><td>${formatBarTime(trade.entry_at, timeframe)}</td><td>${formatBarTime(
      trade.exit_at,
      timeframe,
    )}</td>${[
      formatNumber(trade.exit_bar - trade.entry_bar, { decimals: 0 }),
      price(trade.entry_price),
      price(trade.exit_price),
      quantity(trade.quantity),
      formatNumber(trade.fee, { decimals: moneyPlaces }),
    ]
      .map((text) => `<td>${text}</td>`)
      .join(
        '',
      )}<td class="${tone}">${formatNumber(trade.pnl, { decimals: moneyPlaces, signed: true })}</td><td class="${tone}">${formatPercent(
      trade.return_pct,
      { signed: true },
    )}</td></tr>`;
  };
  return `<h2 id="trades">Trades <small>${formatNumber(trades.length, { decimals: 0 })} closed</small></h2>${position}
<div class="scroller" tabindex="0" role="region" aria-labelledby="trades"><table>
<thead><tr>${HEADINGS.map((heading) => `<th scope="col">${heading}</th>`).join('')}</tr></thead>
<tbody>
${trades.map(row).join('\n')}
</tbody></table></div>`;
}
