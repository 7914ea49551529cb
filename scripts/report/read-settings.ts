import { BacktestSettings, parseSettingsDocument } from '@tradebase/contracts';
import { UsageError } from '../command-line/parse-command-line.ts';
import { describeIssues } from './describe-issues.ts';
import { readTextFile } from './read-text-file.ts';

/**
 * Settings from a YAML or JSON file, or the defaults.
 *
 * @param feeBps fee of every fill in basis points, instead of the fees of the file
 * @throws UsageError
 */
export function readSettings(file: string | undefined, feeBps: string | undefined): BacktestSettings {
  const settings = file === undefined ? BacktestSettings.parse({}) : settingsOfFile(file);
  if (feeBps === undefined) return settings;
  const bps = feeBps.trim() === '' ? NaN : Number(feeBps);
  const fees = BacktestSettings.shape.fees.safeParse({ type: 'bps', maker_bps: bps, taker_bps: bps });
  if (!fees.success) throw new UsageError(`--fee-bps is ${feeBps}; it must be a number from 0 to 1000`);
  return { ...settings, fees: fees.data };
}

function settingsOfFile(file: string): BacktestSettings {
  const parsed = parseSettingsDocument(readTextFile(file));
  if (!parsed.success) throw new UsageError(describeIssues(file, parsed.issues));
  return parsed.settings;
}
