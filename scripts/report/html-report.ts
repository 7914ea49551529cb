import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { escapeHtml } from './escape-html.ts';
import { formatBarTime, formatNumber, formatParams } from './format.ts';
import { type Figure, headlineFigures } from './headline-figures.ts';
import { reportCharts } from './report-charts.ts';
import type { ReportInput } from './report-input.ts';
import { tradesTable } from './trades-table.ts';

const STYLE = readAsset('report.css') + readAsset('report-charts.css');
const SCRIPT = readAsset('crosshair.js');

/** Nothing may be loaded, and of inline code only ours may run: markup that slipped in through a name stays dead. */
const POLICY = [
  "default-src 'none'",
  `style-src '${sha256(STYLE)}'`,
  `script-src '${sha256(SCRIPT)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** A finished backtest as one HTML file that needs nothing else: figures, charts, all trades. */
export function htmlReport(input: ReportInput): string {
  const { symbol, timeframe, strategy, fee_bps, synthetic, summary } = input;
  const { primary, secondary } = headlineFigures(summary);
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
<p class="span">${from} to ${to} · ${formatNumber(summary.bars, { decimals: 0 })} bars · fee ${fee_bps} bps a fill</p>
${synthetic ? '<p class="synthetic" role="note"><b>Synthetic data.</b> These prices were generated; no market traded at them.</p>' : ''}
</header>
<main>
<section aria-label="Headline figures">
<dl class="figures primary">${primary.map(figure).join('')}</dl>
<dl class="figures">${secondary.map(figure).join('')}</dl>
</section>
<section aria-label="Charts">${reportCharts(input)}</section>
<section>${tradesTable(input)}</section>
</main>
<footer>
<p>Signals at a bar's close fill at the open of the next bar. Times are the open times of bars, in UTC; amounts are in the quote currency.</p>
<p>Tradebase engine ${escapeHtml(summary.engine_version)} · metrics version ${summary.metric_version}</p>
</footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function figure({ label, value, note, tone }: Figure): string {
  const reading = value === null ? '<dd class="undefined">n/a</dd>' : `<dd class="${tone}">${escapeHtml(value)}</dd>`;
  return `<div><dt>${escapeHtml(label)}</dt>${reading}${note === '' ? '' : `<dd class="note">${escapeHtml(note)}</dd>`}</div>`;
}

/** Browsers hash inline code after turning CRLF, which git may have checked out, into LF; so must we. */
function readAsset(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
