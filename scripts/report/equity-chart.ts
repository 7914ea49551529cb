import type { EquityCurve } from './report-input.ts';
import { valueAxis } from './value-axis.ts';

const MIN_PLOT_WIDTH = 8;
const MAX_WIDTH = 400;
const MIN_HEIGHT = 2;
const MAX_HEIGHT = 100;
const ROWS_PER_TICK = 3;

/** A braille character is a cell of 2 by 4 dots; its code is this plus one bit per dot. */
const BRAILLE_BASE = 0x2800;
const DOT_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface EquityChartSize {
  /** Characters across, labels included. */
  readonly width: number;
  /** Rows of the curve; the axis with the dates takes two more. */
  readonly height: number;
  readonly color?: boolean;
}

/** The equity curve in braille characters over its bars, with values at the left and the first and last date below. */
export function equityChart({ at, equity }: EquityCurve, { width, height, color = false }: EquityChartSize): string {
  if (equity.length === 0) return 'No bars: there is no equity to draw.';
  const rows = Math.round(Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, height)));
  const axis = valueAxis(equity, Math.ceil(rows / ROWS_PER_TICK));

  const labels = new Map<number, string>();
  for (const { position, label } of axis.ticks) labels.set(Math.floor((1 - position) * (rows - 0.01)), label);
  const labelWidth = Math.max(...[...labels.values()].map((label) => label.length), 0);
  const plotWidth = Math.max(MIN_PLOT_WIDTH, Math.min(MAX_WIDTH, Math.floor(width)) - labelWidth - 2);

  const positions = equity.map(axis.position);
  const paint = (code: number, text: string) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = drawCurve(positions, plotWidth, rows).map((cells, row) => {
    const label = labels.get(row);
    const margin = `${(label ?? '').padStart(labelWidth)} ${label === undefined ? '│' : '┤'}`;
    return `${paint(2, margin)}${paint(36, cells)}`;
  });

  const indent = ' '.repeat(labelWidth + 1);
  lines.push(paint(2, `${indent}└${'─'.repeat(plotWidth)}`));
  lines.push(paint(2, `${indent} ${dateLine(at, plotWidth)}`));
  return lines.join('\n');
}

/** Rows of braille, top first. */
function drawCurve(positions: readonly number[], width: number, rows: number): string[] {
  const dotsDown = rows * 4;
  const cells = new Uint8Array(width * rows);
  for (let dotX = 0; dotX < width * 2; dotX++) {
    const { low, high } = reach(positions, dotX / (width * 2), (dotX + 1) / (width * 2));
    const top = Math.round((1 - high) * (dotsDown - 1));
    const bottom = Math.round((1 - low) * (dotsDown - 1));
    for (let dotY = top; dotY <= bottom; dotY++) {
      const cell = (dotY >> 2) * width + (dotX >> 1);
      cells[cell] = (cells[cell] ?? 0) | (DOT_BITS[dotY & 3]?.[dotX & 1] ?? 0);
    }
  }
  return Array.from({ length: rows }, (_, row) =>
    Array.from(cells.subarray(row * width, (row + 1) * width), brailleCell)
      .join('')
      .trimEnd(),
  );
}

/** An empty cell is a space: some fonts draw the blank braille character as eight hollow dots. */
function brailleCell(dots: number): string {
  return dots === 0 ? ' ' : String.fromCharCode(BRAILLE_BASE + dots);
}

/** Lowest and highest the curve gets between two shares of its length, points between bars interpolated. */
function reach(positions: readonly number[], from: number, to: number): { low: number; high: number } {
  const last = positions.length - 1;
  const start = interpolate(positions, from * last);
  const end = interpolate(positions, to * last);
  let low = Math.min(start, end);
  let high = Math.max(start, end);
  for (let index = Math.ceil(from * last); index <= to * last; index++) {
    const value = positions[index] ?? NaN;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

function interpolate(positions: readonly number[], index: number): number {
  const left = Math.floor(index);
  const from = positions[left] ?? NaN;
  const to = positions[left + 1] ?? from;
  return from + (to - from) * (index - left);
}

function dateLine(at: readonly string[], width: number): string {
  const first = at[0]?.slice(0, 10) ?? '';
  const last = at.at(-1)?.slice(0, 10) ?? '';
  const room = width - first.length - last.length;
  return first === last || room < 1 ? first : `${first}${' '.repeat(room)}${last}`;
}
