import type { BacktestReport } from '@tradebase/contracts';
import { figure } from './bar-chart.ts';
import { formatPercent } from './format.ts';

const WIDTH = 420;
const HEIGHT = 150;
const LABEL_ROOM = 22;
const RADIUS = 2.5;

/** Return of each trade over how far it went against its holder: where stops would have cut winners short. */
export function excursionChart({ seq, mae_pct, mfe_pct, return_pct }: BacktestReport['excursions']): string {
  const title = 'Return by worst move against the trade (MAE)';
  if (seq.length === 0) return figure(title, '<p class="empty">The bars of trades are not known.</p>');
  const deepest = Math.min(...mae_pct, -0.01);
  const low = Math.min(...return_pct, 0);
  const high = Math.max(...return_pct, 0.01);
  const yOf = (value: number) => round(RADIUS + ((high - value) / (high - low)) * (HEIGHT - 2 * RADIUS));
  const dots = seq.map((number, index) => {
    const [mae = 0, mfe = 0, pct = 0] = [mae_pct[index], mfe_pct[index], return_pct[index]];
    const x = round(RADIUS + (mae / deepest) * (WIDTH - 2 * RADIUS));
    const label = `Trade ${number}: ${formatPercent(pct, { signed: true })}, MAE ${formatPercent(mae)}, MFE ${formatPercent(mfe)}`;
    return `<circle class="${pct > 0 ? 'gain' : 'loss'}" cx="${x}" cy="${yOf(pct)}" r="${RADIUS}"><title>${label}</title></circle>`;
  });
  const zero = yOf(0);
  return figure(
    title,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT + LABEL_ROOM}" role="img" aria-label="${title}"><line x1="0" x2="${WIDTH}" y1="${zero}" y2="${zero}"/>${dots.join('')}
<text x="0" y="${HEIGHT + 16}">MAE 0%</text><text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${formatPercent(deepest)}</text></svg>`,
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
