import { BacktestSettings, type BacktestSettingsInput } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';

/** Settings with every default. @throws EngineError `invalid_settings` */
export function parseSettings(settings: BacktestSettingsInput = {}): BacktestSettings {
  const parsed = BacktestSettings.safeParse(settings);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new EngineError('invalid_settings', `settings.${issue?.path.join('.')}: ${issue?.message}`);
}
