import { escapeHtml } from './escape-html.ts';

/** Side of the square that paths are drawn in; the browser stretches it to the plot, text and marks stay as they are. */
const GRID = 1000;
/** Labels nearer to the left edge than this share of the width would leave a narrow screen. */
const LEFT_EDGE = 0.06;

export interface ChartPoint {
  /** Shares of the plot's width and height, from its top left corner. */
  readonly x: number;
  readonly y: number;
}

export interface ChartMark extends ChartPoint {
  readonly kind: 'buy' | 'sell';
}

export interface ChartTick {
  readonly position: number;
  readonly label: string;
}

export interface SvgChart {
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see the curve should know of it. */
  readonly description: string;
  readonly points: readonly ChartPoint[];
  /** Height that the area under the curve is filled from. */
  readonly baseline: number;
  readonly xTicks: readonly ChartTick[];
  readonly yTicks: readonly ChartTick[];
  readonly marks: readonly ChartMark[];
}

/** A chart as SVG that fills its container: grid, area, curve, marks, and a crosshair hidden until a script moves it. */
export function svgChart({ id, title, description, points, baseline, xTicks, yTicks, marks }: SvgChart): string {
  const line = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${unit(x)} ${unit(y)}`).join('');
  // A path without length is only painted, as a dot, when it has a segment.
  const curve = points.length === 1 ? `${line}h0` : line;
  const area = `${line}L${unit(points.at(-1)?.x ?? 0)} ${unit(baseline)}L${unit(points[0]?.x ?? 0)} ${unit(baseline)}Z`;

  return `<svg id="${id}" class="chart" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${escapeHtml(title)}</title>
<desc id="${id}-desc">${escapeHtml(description)}</desc>
<g class="y-axis">${yTicks.map(yTick).join('')}</g>
<g class="x-axis">${xTicks.map(xTick).join('')}</g>
<svg viewBox="0 0 ${GRID} ${GRID}" preserveAspectRatio="none" width="100%" height="100%">
<path class="area" d="${area}"/><path class="baseline" d="M0 ${unit(baseline)}H${GRID}"/><path class="curve" d="${curve}"/>
</svg>
<g class="marks">${marks.map(mark).join('')}</g>
<g class="crosshair" visibility="hidden"><line y2="100%"/><circle r="4"/></g>
</svg>`;
}

function yTick({ position, label }: ChartTick): string {
  const y = percent(position);
  return `<line x2="100%" y1="${y}" y2="${y}"/><text x="100%" y="${y}" dx="8" dy="0.32em">${escapeHtml(label)}</text>`;
}

function xTick({ position, label }: ChartTick): string {
  const x = percent(position);
  const anchor = position < LEFT_EDGE ? 'start' : 'middle';
  return `<g><line x1="${x}" x2="${x}" y2="100%"/><text x="${x}" y="100%" dy="1.5em" text-anchor="${anchor}">${escapeHtml(label)}</text></g>`;
}

function mark({ x, y, kind }: ChartMark): string {
  const triangle = kind === 'buy' ? 'M0 5l5 8h-10z' : 'M0 -5l5 -8h-10z';
  return `<svg class="${kind}" x="${percent(x)}" y="${percent(y)}"><path d="${triangle}"/></svg>`;
}

function unit(share: number): string {
  return String(Math.round(share * GRID * 10) / 10);
}

function percent(share: number): string {
  return `${Math.round(share * 100_000) / 1000}%`;
}
