import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BacktestReport } from '@tradebase/contracts';
import { barChart } from './bar-chart.ts';
import { clientData } from './client-data.ts';
import { drawdownTable } from './drawdown-table.ts';
import { escapeHtml, scriptJson } from './escape-html.ts';
import { executionsText } from './executions-text.ts';
import { type FigureGroup, figureGroups } from './figure-groups.ts';
import { formatBarTime, formatNumber, formatParams } from './format.ts';
import { type Figure, headlineFigures } from './headline-figures.ts';
import { monthTable } from './month-table.ts';
import type { ReportInput } from './report-input.ts';
import { reportOfInput } from './report-of-input.ts';
import { excursionChart } from './scatter-chart.ts';
import { tradesSection } from './trades-section.ts';

const STYLE = ['page/report.css', 'page/charts.css'].map(readAsset).join('') + readPackage('uPlot.min.css');
/** uPlot, then ours, each in an element of its own. */
const SCRIPTS = [readPackage('uPlot.iife.min.js'), readAsset('page/charts.js'), readAsset('page/trade-table.js')];

/** Nothing may be loaded, and of inline code only ours may run: markup that slipped in through a name stays dead. */
const POLICY = [
  "default-src 'none'",
  `style-src '${sha256(STYLE)}'`,
  `script-src ${SCRIPTS.map((code) => `'${sha256(code)}'`).join(' ')}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * A finished backtest as one HTML file that needs nothing else: figures, charts, tables.
 *
 * @param report what to draw; by default what can be drawn without candles
 */
export function htmlReport(input: ReportInput, report: BacktestReport = reportOfInput(input)): string {
  const { symbol, timeframe, strategy, fees, synthetic, summary } = input;
  const { primary } = headlineFigures(summary);
  const name = escapeHtml(symbol);
  const from = formatBarTime(summary.first_bar_at, timeframe);
  const to = formatBarTime(summary.last_bar_at, timeframe);

  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name} ${timeframe} · ${escapeHtml(strategy.name)} · Backtest</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${name} <span>${timeframe}</span></h1>
<p class="strategy">Backtest of <b>${escapeHtml(strategy.name)}</b> ${escapeHtml(formatParams(strategy))}</p>
<p class="span">${from} to ${to} · ${formatNumber(summary.bars, { decimals: 0 })} bars · ${escapeHtml(fees)}</p>
${synthetic ? '<p class="warning" role="note"><b>Synthetic data.</b> These prices were generated; no market traded at them.</p>' : ''}
${notes(report, 'warning')}
</header>
<main>
<section aria-label="Headline figures">
<dl class="figures primary">${primary.map(figure).join('')}</dl>
</section>
${chartSections(report)}
<section aria-label="All figures" class="groups">${figureGroups(summary).map(group).join('')}</section>
<section><h2>Monthly returns <small>percent</small></h2>${monthTable(report.monthly_returns)}</section>
<section><h2>Deepest drawdowns</h2>${drawdownTable(report.drawdowns, timeframe)}</section>
<section><h2>Distributions</h2><div class="small-charts">
${barChart('Daily returns', report.histograms.daily_returns_pct, '%')}
${barChart('Returns of trades', report.histograms.trade_returns_pct, '%')}
${barChart('Bars held', report.histograms.holding_bars, '')}
${excursionChart(report.excursions)}
</div></section>
<section>${tradesSection(report)}${executionsText(report)
    .map((line) => `<p class="note">${escapeHtml(line)}</p>`)
    .join('')}</section>
</main>
<footer>
${notes(report, 'info')}
<p>Times are the open times of bars, in UTC; days and months are those of ${escapeHtml(report.time_zone)}. Amounts are in the quote currency. Point at a figure to read what it means.</p>
<p>Tradebase engine ${escapeHtml(summary.engine_version)} · metrics version ${summary.metric_version} · data ${summary.data_quality.verdict}</p>
${receipt(report)}
</footer>
<script type="application/json" id="report-data">${scriptJson(clientData(report))}</script>
${SCRIPTS.map((code) => `<script>${code}</script>`).join('\n')}
</body>
</html>
`;
}

function chartSections({ curve, prices, rolling_sharpe }: BacktestReport): string {
  if (curve.at.length === 0)
    return '<section><p class="empty">There are no bars, so there is no equity to draw.</p></section>';
  const chart = (id: string, title: string, hint: string) =>
    `<h2>${title}<small>${hint}</small></h2><div class="plot" id="${id}" role="img" aria-label="${title}"></div>`;
  return `<section aria-label="Charts" class="charts">
<noscript><p class="empty">The charts and the table of trades need JavaScript; everything else is below.</p></noscript>
${chart('equity-plot', 'Equity', 'drag to zoom all charts, double-click for everything')}
${chart('drawdown-plot', 'Drawdown', 'from the running peak')}
${prices ? chart('price-plot', 'Price and trades', '<span class="buy">▲</span> bought <span class="sell">▼</span> sold; zoom in where there are many') : ''}
${rolling_sharpe ? chart('sharpe-plot', 'Rolling Sharpe', `of ${rolling_sharpe.window_days} days`) : ''}
${chart('exposure-plot', 'Exposure', 'share of bars with a position')}
</section>`;
}

function notes({ notes: all }: BacktestReport, level: 'warning' | 'info'): string {
  const lines = all.filter((note) => note.level === level);
  if (lines.length === 0) return '';
  return `<ul class="${level}" role="note">${lines.map(({ message }) => `<li>${escapeHtml(message)}</li>`).join('')}</ul>`;
}

function figure({ label, value, note, tone, help }: Figure): string {
  const reading = value === null ? '<dd class="undefined">n/a</dd>' : `<dd class="${tone}">${escapeHtml(value)}</dd>`;
  const title = help === '' ? '' : ` title="${escapeHtml(help)}"`;
  return `<div${title}><dt>${escapeHtml(label)}</dt>${reading}${note === '' ? '' : `<dd class="note">${escapeHtml(note)}</dd>`}</div>`;
}

function group({ title, figures }: FigureGroup): string {
  return `<div><h2>${title}</h2><dl class="rows">${figures.map(figure).join('')}</dl></div>`;
}

function receipt({ receipt: hashes }: BacktestReport): string {
  if (hashes === null) return '';
  const lines = Object.entries(hashes).map(([name, hash]) => `${escapeHtml(name)} <code>${escapeHtml(hash)}</code>`);
  return `<p>Receipt: ${lines.join(' · ')}</p>`;
}

/** Browsers hash inline code after turning CRLF, which git may have checked out, into LF; so must we. */
function readAsset(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
}

function readPackage(file: string): string {
  return readFileSync(new URL(file, import.meta.resolve('uplot')), 'utf8').replaceAll('\r\n', '\n');
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
