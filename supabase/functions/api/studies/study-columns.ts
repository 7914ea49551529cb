/** The columns of a study that its owner sees in lists: all but the result. */
export const STUDY_COLUMNS =
  'id, name, kind, symbol, timeframe, spec, strategy_version_id, search_space, objective, direction, planned_trials, trial_count, ' +
  'best_trial, seed, engine_version, data_version, status, progress, error, created_at, started_at, finished_at';
