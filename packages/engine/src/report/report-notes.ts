import type { BacktestSummary, ReportNote } from '@tradebase/contracts';

/** Fewer closed trades than this say little about a strategy. */
const FEW_TRADES = 30;

/** What a result should be read with: warnings first. */
export function reportNotes(summary: BacktestSummary): ReportNote[] {
  const { data_quality, ambiguity, liquidated_at, trades } = summary;
  const notes: ReportNote[] = [];
  const warn = (code: string, message: string) => notes.push({ level: 'warning', code, message });
  const inform = (code: string, message: string) => notes.push({ level: 'info', code, message });

  if (liquidated_at !== null)
    warn('liquidated', `The account was liquidated at ${liquidated_at}; nothing was traded after.`);
  if (data_quality.verdict === 'poor') warn('poor_data', 'The data is poor: do not rely on this result.');
  for (const { code, message } of data_quality.findings) {
    if (data_quality.verdict === 'good') inform(code, message);
    else warn(code, message);
  }
  const unresolved = ambiguity.bars - ambiguity.resolved_bars;
  if (unresolved > 0) warn('ambiguous_bars', ambiguityMessage(unresolved, ambiguity));
  if (trades < FEW_TRADES) {
    warn(
      'few_trades',
      `${trades} closed trades are few: with fewer than ${FEW_TRADES}, luck can explain most results.`,
    );
  }
  inform(
    'in_sample',
    'If parameters were chosen by looking at this period, these figures are in-sample and flatter the strategy. Judge it by a period it has not seen.',
  );
  inform(
    'survivorship',
    'If the instrument was chosen because it still trades today, the result leaves out those that do not (survivorship bias).',
  );
  return notes;
}

function ambiguityMessage(bars: number, ambiguity: BacktestSummary['ambiguity']): string {
  const { pessimistic_return_pct: low, optimistic_return_pct: high } = ambiguity;
  const band =
    low === null || high === null ? '' : ` The total return lies between ${low.toFixed(2)} % and ${high.toFixed(2)} %.`;
  return `In ${bars} bars it is unknown which of stop, target or limit came first.${band}`;
}
