import { EngineError } from '../engine-error.ts';
import type { SimulationOptions } from './simulation-options.ts';

/**
 * Throws on options that no simulation can run with.
 *
 * @throws EngineError `invalid_cash`, `invalid_settings`
 */
export function checkSimulationOptions({ initial_cash, settings, seed }: SimulationOptions): void {
  if (!(initial_cash > 0 && initial_cash < Infinity)) {
    throw new EngineError('invalid_cash', `initial_cash is ${initial_cash}; it must be a finite amount above 0`, {
      initial_cash,
    });
  }
  if (!Number.isSafeInteger(seed)) {
    throw new EngineError('invalid_settings', `seed is ${seed}; it must be a whole number`);
  }
  const { leverage, maintenance_pct, funding_hours } = settings.margin;
  if (!(leverage >= 1 && leverage < Infinity)) {
    throw new EngineError('invalid_settings', `leverage is ${leverage}; it must be at least 1`);
  }
  if (!(maintenance_pct >= 0 && maintenance_pct < 100 / leverage)) {
    const message = `maintenance_pct is ${maintenance_pct} with a leverage of ${leverage}; it must be below ${100 / leverage}, or the first fill liquidates`;
    throw new EngineError('invalid_settings', message);
  }
  if (!(funding_hours > 0)) {
    throw new EngineError('invalid_settings', `funding_hours is ${funding_hours}; it must be above 0`);
  }
}
