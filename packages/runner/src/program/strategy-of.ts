import { BacktestSettings, type RunConfig, StrategySpec, type Timeframe } from '@tradebase/contracts';
import { EngineError, type ResolvedStrategy, resolveStrategy } from '@tradebase/engine';
import { RunnerError } from '../sdk/runner-error.ts';

/** What a configuration says is to be executed. */
export interface Assignment {
  readonly strategy: ResolvedStrategy;
  readonly timeframe: Timeframe;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
}

/** Of a bot that says nothing of its balance. */
const DEFAULT_INITIAL_CASH = 10_000;

/**
 * The strategy of a bot, made runnable.
 *
 * @throws RunnerError `live_not_supported`, `invalid_config`
 */
export function assignmentOf(config: RunConfig): Assignment {
  if (config.mode === 'LIVE') {
    throw new RunnerError(
      'live_not_supported',
      'tradebase-runner executes PAPER bots alone: write a runner for your broker with @tradebase/runner, or set the mode of the bot to PAPER',
    );
  }
  if (config.timeframe === null) throw new RunnerError('invalid_config', 'the bot has no timeframe: set one');
  const strategy = resolve(config);
  const settings = BacktestSettings.safeParse(config.settings);
  if (!settings.success) {
    const [issue] = settings.error.issues;
    throw new RunnerError('invalid_config', `the settings of the bot: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const initial_cash = config.initial_balance ?? DEFAULT_INITIAL_CASH;
  return { strategy, timeframe: config.timeframe, initial_cash, settings: settings.data };
}

function resolve({ strategy, strategy_type, parameters }: RunConfig): ResolvedStrategy {
  const chosen = Object.keys(parameters).length > 0 || strategy === null ? { params: parameters } : {};
  const spec = StrategySpec.safeParse({ ...(strategy ?? { name: strategy_type }), ...chosen });
  if (!spec.success) {
    const [issue] = spec.error.issues;
    throw new RunnerError(
      'invalid_config',
      `the strategy of the bot is none: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  try {
    return resolveStrategy(spec.data);
  } catch (error) {
    if (error instanceof EngineError) throw new RunnerError('invalid_config', error.message);
    throw error;
  }
}
