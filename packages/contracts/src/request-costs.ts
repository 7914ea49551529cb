import { z } from 'zod';
import { BacktestSettings, type BacktestSettingsInput } from './backtest-settings.ts';

/** Rounded to the eight decimals that the database keeps: 0.1 + 0.2 is 0.3. */
function places(number: z.ZodNumber) {
  return number.transform((value) => Number(value.toFixed(8)));
}

/**
 * Settings as a caller wrote them, checked and without the defaults: what is left out of `instrument` is taken from the
 * instrument itself, and fees that are left out are `fee_bps`.
 */
export const GivenSettings = z.custom<BacktestSettingsInput>().superRefine((given, context) => {
  for (const { path, message } of BacktestSettings.safeParse(given).error?.issues ?? []) {
    context.addIssue({ code: 'custom', path, message });
  }
});

/** The fields of a request that say with how much, at what cost and by which rules is traded. */
export const REQUEST_COSTS = {
  initial_cash: places(z.number().min(0.01).max(1e12)).default(10_000).describe('In the quote currency'),
  fee_bps: places(z.number().min(0).max(1000))
    .default(0)
    .describe('Fee of each fill, in basis points of its value: short for settings.fees'),
  settings: GivenSettings.default({}).describe('Costs, fills, margin; what is left out takes its default'),
  seed: z.int().min(0).default(1).describe('Of whatever in it is random'),
};

/** Refuses a request that says twice what the fees are. */
export function checkRequestCosts(
  { fee_bps, settings }: { fee_bps: number; settings: BacktestSettingsInput },
  context: z.RefinementCtx,
): void {
  if (fee_bps > 0 && settings.fees !== undefined) {
    context.addIssue({ code: 'custom', path: ['fee_bps'], message: 'give either fee_bps or settings.fees' });
  }
}

/** The settings of a request or a row, with fees of so many basis points where they name none. */
export function withFees(given: BacktestSettingsInput, feeBps: number): BacktestSettingsInput {
  return { fees: { type: 'bps', maker_bps: feeBps, taker_bps: feeBps }, ...given };
}
