import type { Histogram } from '@tradebase/contracts';
import { escapeHtml } from './escape-html.ts';
import { formatNumber } from './format.ts';
import { stepDecimals } from './value-axis.ts';

const WIDTH = 420;
const HEIGHT = 150;
const LABEL_ROOM = 22;

/** A histogram as SVG: losses and gains in their colours, the count of a bin when it is pointed at. */
export function barChart(title: string, { edges, counts }: Histogram, unit: string): string {
  if (counts.length === 0) return figure(title, '<p class="empty">Nothing to count.</p>');
  const highest = Math.max(...counts, 1);
  const width = WIDTH / counts.length;
  const decimals = stepDecimals((edges[1] ?? 1) - (edges[0] ?? 0));
  const text = (value = 0) => formatNumber(value, { decimals });
  const bars = counts.map((count, bin) => {
    const height = (count / highest) * HEIGHT;
    const tone = (edges[bin + 1] ?? 0) <= 0 ? 'loss' : 'gain';
    const label = `${text(edges[bin])} to ${text(edges[bin + 1])}${unit}: ${formatNumber(count, { decimals: 0 })}`;
    return `<rect class="${tone}" x="${round(bin * width + 0.5)}" y="${round(HEIGHT - height)}" width="${round(Math.max(0.5, width - 1))}" height="${round(height)}"><title>${escapeHtml(label)}</title></rect>`;
  });
  const zero = zeroLine(edges);
  return figure(
    title,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT + LABEL_ROOM}" role="img" aria-label="${escapeHtml(title)}">${bars.join('')}
<line x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${zero}
<text x="0" y="${HEIGHT + 16}">${text(edges[0])}${escapeHtml(unit)}</text><text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${text(edges.at(-1))}${escapeHtml(unit)}</text></svg>`,
  );
}

function zeroLine(edges: readonly number[]): string {
  const at = edges.indexOf(0);
  if (at <= 0 || at >= edges.length - 1) return '';
  const x = round((at / (edges.length - 1)) * WIDTH);
  return `<line x1="${x}" x2="${x}" y1="0" y2="${HEIGHT}"/><text x="${x}" y="${HEIGHT + 16}" text-anchor="middle">0</text>`;
}

/** A small chart under its title. */
export function figure(title: string, content: string): string {
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${content}</figure>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
