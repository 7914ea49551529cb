import { BacktestSettings } from './backtest-settings.ts';
import { placeInDocument } from './place-in-document.ts';
import { readYaml } from './read-yaml.ts';
import type { StrategyIssue } from './strategy-issue.ts';

/** Settings are some fifty short fields. */
const MAX_SETTINGS_BYTES = 65_536;

/** What a text says, or everything that is wrong with it. */
export type ParsedSettingsDocument =
  | { readonly success: true; readonly settings: BacktestSettings }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/** Reads settings of a backtest from YAML 1.2 or JSON text of at most 64 KiB; what is left out takes its default. */
export function parseSettingsDocument(text: string): ParsedSettingsDocument {
  if (text.length > MAX_SETTINGS_BYTES || new TextEncoder().encode(text).length > MAX_SETTINGS_BYTES) {
    const message = `the document is larger than ${MAX_SETTINGS_BYTES} bytes`;
    return { success: false, issues: [{ path: '', message }] };
  }
  if (text.trim() === '') return { success: true, settings: BacktestSettings.parse({}) };
  const read = readYaml(text);
  if (!read.success) return read;
  const parsed = BacktestSettings.safeParse(read.value ?? {});
  if (parsed.success) return { success: true, settings: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) => {
    const keys = path.map(String);
    return { path: keys.join('.'), message, ...placeInDocument(read.document, read.lines, keys) };
  });
  return { success: false, issues };
}
