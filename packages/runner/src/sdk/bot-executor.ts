import type { Reconciliation, RunHolding, RunnerCommand, RunnerLease, RunnerToken } from '@tradebase/contracts';
import type { RejectedItem, Run } from './run.ts';
import type { RunnerError } from './runner-error.ts';

/** What executes the bots of a runner. Its functions are called one at a time. */
export interface BotExecutor {
  /**
   * Carries out a command. Resolves when it is done, for then it is acknowledged; what it throws becomes the error of the
   * acknowledgement. After a crash it may be called again with a command whose end was not recorded.
   *
   * @throws RunnerError with the code and message for the owner
   */
  execute(command: RunnerCommand): Promise<void>;
  /**
   * Takes up a run that the runner holds, or pauses it where it is executed already, until `proceed` is called: after a
   * start of the program, and after every new connection. Everything it holds comes from what it reported before.
   */
  attach(run: Run, lease: RunnerLease): Promise<RunHolding>;
  /** Runner and ledger agree, or not: then the server holds the bot, and the run is to wait for its owner. */
  proceed(run: Run, reconciliation: Reconciliation): void;
  /** The run is no longer held: stop it and report nothing more. */
  release(run: Run, reason: RunnerError): void;
}

/** What a program may want to log. */
export interface RunnerEvents {
  readonly onConnected?: (token: RunnerToken) => void;
  /** Something failed and will be tried again. */
  readonly onTrouble?: (error: RunnerError) => void;
  readonly onCommand?: (command: RunnerCommand) => void;
  /** The server refused an item of a report for good. */
  readonly onRejected?: (rejected: RejectedItem) => void;
}
