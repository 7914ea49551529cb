/* Draws the charts of the page with uPlot: one cursor and one zoom for all, colours from the style sheet. */
const report = JSON.parse(document.getElementById('report-data').textContent);
const MARKED_TRADES = 400;
const COLOURS = ['ink', 'soft', 'grid', 'accent', 'gain', 'loss', 'paper'];
const colours = {};
const plots = [];

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of COLOURS) colours[name] = style.getPropertyValue(`--${name}`).trim();
}

/** A colour of the style sheet, read anew whenever the chart is drawn. */
function colour(name) {
  return () => colours[name];
}

/** The same, nearly transparent: the colours are of six digits, and two more are their opacity. */
function faint(name) {
  return () => `${colours[name]}24`;
}

function number(decimals, suffix = '') {
  const format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (_, value) => (value === null || value === undefined ? '' : format.format(value) + suffix);
}

function timeText(_, at) {
  if (at === null || at === undefined) return '';
  const iso = new Date(at).toISOString();
  return report.isIntraday ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : iso.slice(0, 10);
}

const axis = { stroke: colour('soft'), grid: { stroke: colour('grid'), width: 1 }, ticks: { show: false } };
/** Moves go to the other charts as they are; zooming goes through `zoomOthers`, which keeps their spans equal to the bit. */
const sync = { key: 'report', filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } };

/** All charts show the same span of time. */
function zoomOthers(plot, key) {
  if (key !== 'x') return;
  const { min, max } = plot.scales.x;
  for (const other of plots) {
    const { x } = other.scales;
    if (x.min !== min || x.max !== max) other.setScale('x', { min, max });
  }
}

/** The columns with a point at either end of the curve, so that every chart spans the same time. */
function padded([at, ...columns], first, last) {
  const before = at[0] > first ? [first] : [];
  const after = at.at(-1) < last ? [last] : [];
  const nulls = (times) => times.map(() => null);
  return [[...before, ...at, ...after], ...columns.map((column) => [...nulls(before), ...column, ...nulls(after)])];
}

function addPlot(id, data, series, { height = 260, format, logarithmic = false, bands = [], draw = [] }) {
  const target = document.getElementById(id);
  if (!target || data[0].length === 0) return;
  const first = report.curve.at[0];
  const last = report.curve.at.at(-1);
  const options = {
    width: target.clientWidth || 800,
    height,
    ms: 1,
    tzDate: (at) => uPlot.tzDate(new Date(at), 'Etc/UTC'),
    cursor: { sync, y: false, drag: { x: true, y: false } },
    scales: {
      x: { range: (_, min, max) => (first === last ? [first - 1, first + 1] : [min, max]) },
      y: logarithmic ? { distr: 3 } : {},
    },
    series: [{ label: 'Time', value: timeText }, ...series],
    axes: [
      axis,
      {
        ...axis,
        size: 72,
        values: (plot, splits) => splits.map((value) => (value === null ? '' : format(plot, value))),
      },
    ],
    bands,
    hooks: { setScale: [zoomOthers], draw },
  };
  plots.push(new uPlot(options, padded(data, first, last), target));
}

/** Triangles where trades were opened and closed, as long as they can be told apart. */
function drawTrades(plot) {
  const { min, max } = plot.scales.x;
  const seen = report.trades.filter((trade) => trade[3] >= min && trade[2] <= max);
  if (seen.length > MARKED_TRADES) return;
  const { ctx } = plot;
  const size = 5 * devicePixelRatio;
  const triangle = (at, price, isBuy) => {
    if (at < min || at > max) return;
    const x = plot.valToPos(at, 'x', true);
    const y = plot.valToPos(price, 'y', true);
    const base = y + (isBuy ? 2 : -2) * size;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - size, base);
    ctx.lineTo(x + size, base);
    ctx.closePath();
    ctx.fillStyle = isBuy ? colours.gain : colours.loss;
    ctx.fill();
    ctx.strokeStyle = colours.paper;
    ctx.stroke();
  };
  ctx.save();
  for (const [, side, entryAt, exitAt, , entryPrice, exitPrice] of seen) {
    triangle(entryAt, entryPrice, side === 'long');
    triangle(exitAt, exitPrice, side === 'short');
  }
  ctx.restore();
}

function drawAll() {
  const { curve, benchmark, prices, sharpe, exposure, decimals } = report;
  const money = number(decimals.money);
  const price = number(decimals.price);
  const equitySeries = [{ label: 'Equity', value: money, stroke: colour('accent'), width: 1.5 }];
  if (benchmark)
    equitySeries.push({ label: 'Buy and hold', value: money, stroke: colour('soft'), width: 1, dash: [4, 4] });
  addPlot('equity-plot', benchmark ? [curve.at, curve.equity, benchmark] : [curve.at, curve.equity], equitySeries, {
    height: 320,
    format: number(0),
    logarithmic: report.logarithmic,
  });
  addPlot(
    'drawdown-plot',
    [curve.at, curve.drawdown],
    [{ label: 'Drawdown', value: number(2, '%'), stroke: colour('loss'), width: 1, fill: faint('loss'), fillTo: 0 }],
    { height: 150, format: number(1, '%') },
  );
  if (prices) {
    addPlot(
      'price-plot',
      [prices.at, prices.high, prices.low, prices.close],
      [
        { label: 'High', value: price, stroke: 'transparent', points: { show: false } },
        { label: 'Low', value: price, stroke: 'transparent', points: { show: false } },
        { label: 'Close', value: price, stroke: colour('ink'), width: 1, points: { show: false } },
      ],
      { height: 300, format: price, bands: [{ series: [1, 2], fill: faint('ink') }], draw: [drawTrades] },
    );
  }
  if (sharpe) {
    addPlot(
      'sharpe-plot',
      [sharpe.at, sharpe.value],
      [{ label: 'Sharpe', value: number(2), stroke: colour('accent'), width: 1 }],
      { height: 170, format: number(1) },
    );
  }
  addPlot(
    'exposure-plot',
    [exposure.at, exposure.pct],
    [
      {
        label: 'In the market',
        value: number(0, '%'),
        stroke: colour('soft'),
        fill: faint('soft'),
        width: 1,
        paths: uPlot.paths.stepped({ align: 1 }),
      },
    ],
    { height: 120, format: number(0, '%') },
  );
}

function redraw() {
  readColours();
  for (const plot of plots) plot.redraw(false, true);
}

function fit() {
  for (const plot of plots) {
    const width = plot.root.parentElement.clientWidth;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: plot.height });
  }
}

readColours();
drawAll();
addEventListener('resize', fit);
for (const query of ['(prefers-color-scheme: dark)', 'print']) matchMedia(query).addEventListener('change', redraw);
