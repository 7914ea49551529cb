import { type CurvePoint, curvePoints } from './curve-points.ts';
import { scriptJson } from './escape-html.ts';
import { columnDecimals, formatBarTime, formatNumber, formatPercent, moneyDecimals } from './format.ts';
import { niceTicks } from './nice-ticks.ts';
import type { ReportInput } from './report-input.ts';
import { type ChartMark, type ChartTick, svgChart } from './svg-chart.ts';
import { timeTicks } from './time-ticks.ts';
import { stepDecimals, valueAxis } from './value-axis.ts';

const X_TICKS = 8;
const EQUITY_TICKS = 5;
const DRAWDOWN_TICKS = 3;

/** Equity above drawdown on one time axis, with the texts that the crosshair shows for each point. */
export function reportCharts(input: ReportInput): string {
  const points = curvePoints(input);
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return '<p class="empty">There are no bars, so there is no equity to draw.</p>';

  const span = last.at - first.at;
  const xOf = (at: number) => (span > 0 ? (at - first.at) / span : 0.5);
  const xs = points.map(({ at }) => xOf(at));
  const xTicks = timeTicks(first.at, last.at, X_TICKS).map(({ at, label }) => ({ position: xOf(at), label }));

  const axis = valueAxis([...points.map(({ equity }) => equity), input.summary.initial_cash], EQUITY_TICKS);
  const equityY = points.map(({ equity }) => 1 - axis.position(equity));
  const deepest = points.reduce((deep, { drawdown_pct }) => Math.max(deep, drawdown_pct), 0);
  const drawdownY = points.map(({ drawdown_pct }) => drawdown_pct / (deepest || 1));
  const readings = points.map((point) => reading(point, input));
  const at = (index: number, ys: readonly number[]) => ({ x: xs[index] ?? 0, y: ys[index] ?? 0 });

  const equityChart = svgChart({
    id: 'equity-chart',
    title: 'Equity curve',
    description: `Equity went from ${readings[0]?.[1]} on ${readings[0]?.[0]} to ${readings.at(-1)?.[1]} on ${readings.at(-1)?.[0]}.`,
    points: points.map((_, index) => at(index, equityY)),
    baseline: 1 - axis.position(input.summary.initial_cash),
    xTicks: xTicks.map(({ position }) => ({ position, label: '' })),
    yTicks: axis.ticks.map(({ position, label }) => ({ position: 1 - position, label })),
    marks: points.flatMap(({ fills }, index): ChartMark[] =>
      fills.map(({ kind }) => ({ ...at(index, equityY), kind })),
    ),
  });
  const drawdownChart = svgChart({
    id: 'drawdown-chart',
    title: 'Drawdown',
    description: `The deepest fall of equity from its running peak was ${formatPercent(deepest)}.`,
    points: points.map((_, index) => at(index, drawdownY)),
    baseline: 0,
    xTicks,
    yTicks: drawdownTicks(deepest),
    marks: [],
  });

  const marked = points.some(({ fills }) => fills.length > 0);
  const hints = [
    axis.logarithmic ? '<small>logarithmic scale</small>' : '',
    marked ? '<small class="key"><span class="buy">▲</span> buy <span class="sell">▼</span> sell</small>' : '',
  ].join('');
  return `<div class="charts" tabindex="0" role="group" aria-label="Equity and drawdown; arrow keys move along the curve">
<h2>Equity${hints}</h2>
<p class="reading" aria-live="polite"><span id="reading-fills"></span><span id="reading-at"></span><span>Equity <b id="reading-equity"></b></span><span>Drawdown <b id="reading-drawdown"></b></span></p>
<div class="plot">${equityChart}</div>
<h2>Drawdown <small>from the running peak</small></h2>
<div class="plot low">${drawdownChart}</div>
<script type="application/json" id="points">${scriptJson({ x: xs, equity_y: equityY, drawdown_y: drawdownY, readings })}</script>
</div>`;
}

function drawdownTicks(deepest: number): ChartTick[] {
  if (deepest === 0) return [{ position: 0, label: '0%' }];
  const ticks = niceTicks(0, deepest, DRAWDOWN_TICKS);
  const decimals = stepDecimals(ticks[1] ?? deepest);
  return ticks.map((tick) => ({ position: tick / deepest, label: `${formatNumber(-tick, { decimals })}%` }));
}

/** What the crosshair says of a point: time, equity, drawdown, fills. */
function reading({ at, equity, drawdown_pct, fills }: CurvePoint, { summary, timeframe }: ReportInput): string[] {
  const decimals = columnDecimals(
    fills.map(({ price }) => price),
    { significant: 7 },
  );
  return [
    formatBarTime(at, timeframe),
    formatNumber(equity, { decimals: moneyDecimals(summary.initial_cash) }),
    formatPercent(-drawdown_pct),
    fills
      .map(({ kind, price }) => `${kind === 'buy' ? 'Bought' : 'Sold'} at ${formatNumber(price, { decimals })}`)
      .join(', '),
  ];
}
