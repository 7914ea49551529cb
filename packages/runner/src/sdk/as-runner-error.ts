import { RunnerError } from './runner-error.ts';

/** An error as the runner tells of it: one of another kind is `internal_error`, with its message. */
export function asRunnerError(error: unknown): RunnerError {
  if (error instanceof RunnerError) return error;
  return new RunnerError('internal_error', error instanceof Error ? error.message : String(error), { cause: error });
}
