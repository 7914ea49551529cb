import type { Reconciliation, RunHolding, RunnerCommand, RunnerLease } from '@tradebase/contracts';
import type { BotExecutor } from '../sdk/bot-executor.ts';
import type { Run } from '../sdk/run.ts';
import type { Runner } from '../sdk/runner.ts';
import { RunnerError } from '../sdk/runner-error.ts';
import { untilBotTrades } from '../sdk/until-bot-trades.ts';
import { fixOf } from './fix-of.ts';
import type { Log } from './log.ts';
import { PaperRun, type PaperRunParts } from './paper-run.ts';
import { assignmentOf } from './strategy-of.ts';

type Start = Extract<RunnerCommand, { type: 'start_bot' }>;

const AFTER_EMERGENCY_STOP =
  'Nothing is opened until it is released: DELETE functions/v1/api/emergency-stop/:id, of the whole system by an admin. Then bots are started or resumed: POST functions/v1/api/bots/:id/start, or /resume.';

/** Executes PAPER bots: each held run is a session of the engine. */
export class PaperExecutor implements BotExecutor {
  readonly #runner: Runner;
  readonly #parts: Omit<PaperRunParts, 'run'>;
  readonly #log: Log;
  readonly #runs = new Map<string, PaperRun>();
  /** Runs that are to be touched by no one, whatever the reconciliation says. */
  readonly #held = new Set<string>();

  constructor(runner: Runner, parts: Omit<PaperRunParts, 'run'>) {
    this.#runner = runner;
    this.#parts = parts;
    this.#log = parts.log;
  }

  async attach(run: Run, lease: RunnerLease): Promise<RunHolding> {
    if (lease.intent === 'hold') this.#held.add(run.runId);
    else this.#held.delete(run.runId);
    let paper = this.#runs.get(run.runId);
    if (!paper || paper.hasFailed) {
      paper = new PaperRun({ ...this.#parts, run }, lease);
      this.#log('info', `${lease.config.name}: taking up the run`, {
        run_id: run.runId,
        last_bar_at: lease.last_bar_at,
      });
    }
    const holding = await paper.attach();
    this.#runs.set(run.runId, paper);
    return holding;
  }

  proceed(run: Run, { matched, differences }: Reconciliation): void {
    const paper = this.#runs.get(run.runId);
    if (matched && !this.#held.has(run.runId)) {
      paper?.proceed();
      return;
    }
    const why = matched
      ? 'held until its owner decides: POST functions/v1/api/bots/:id/start lets it go on, /stop closes all'
      : 'held, because runner and ledger differ. See what differs, then stop it (POST functions/v1/api/bots/:id/stop), or close by hand';
    this.#log('warn', `${this.nameOf(run.botId)}: ${why}`, { run_id: run.runId, bot_id: run.botId, differences });
    paper?.hold();
  }

  release(run: Run, reason: RunnerError): void {
    const name = this.nameOf(run.botId);
    this.#runs.delete(run.runId);
    this.#held.delete(run.runId);
    const about = { run_id: run.runId, bot_id: run.botId };
    if (reason.code === 'stale_lease')
      this.#log(
        'warn',
        `${name}: executed here no more: it was given to another runner, or has ended. ${fixOf(reason)}`,
        about,
      );
    else if (reason.code !== 'runner_stopped')
      this.#log('info', `${name}: the run is over here: ${reason.message}`, about);
  }

  /** Name of a bot that is executed here, else its id. */
  nameOf(botId: string): string {
    const paper = this.#runs.values().find(({ run }) => run.botId === botId);
    return paper?.name ?? `bot ${botId}`;
  }

  async execute(command: RunnerCommand): Promise<void> {
    switch (command.type) {
      case 'start_bot':
        return this.#start(command);
      case 'stop_bot':
        return this.#runs.get(command.payload.run_id)?.stop(command.payload.reason);
      case 'pause_bot':
      case 'resume_bot':
        return this.#executed(command.payload.run_id).setPaused(command.type === 'pause_bot');
      case 'update_config':
        if (this.#executed(command.payload.run_id).accepts(command.payload.config)) return;
        throw new RunnerError(
          'invalid_config',
          'these settings hold from the next start of the bot on: stop it and start it',
        );
      case 'emergency_stop':
        return this.#stopAll(command.bot_id, command.payload);
      case 'ping':
        return;
    }
  }

  async #start({ payload }: Start): Promise<void> {
    assignmentOf(payload.config);
    const { leases } = await this.#runner.config();
    const lease = leases.find(({ run_id }) => run_id === payload.run_id);
    if (!lease) throw new RunnerError('not_held', 'the bot was given back in the meantime, or to another runner');
    const run = await this.#runner.hold(lease);
    try {
      const holding = await this.attach(run, lease);
      this.#held.delete(run.runId);
      if (lease.reconciled) {
        // What waits to be asked since a connection was lost, the gate refuses for good until the start is acknowledged.
        if (payload.paused) run.open();
        else run.openAfter(untilBotTrades(this.#parts.server, this.#parts.clock, run));
        this.proceed(run, { matched: true, differences: [] });
      } else await this.#runner.reconcile(run, holding);
      await this.#executed(run.runId).setPaused(payload.paused);
    } catch (error) {
      if (!this.#runs.has(run.runId)) {
        const reason = new RunnerError('not_held', 'the run could not be started');
        await run.end(reason, { keepSpool: true });
      }
      throw error;
    }
    this.#log('info', `${payload.config.name}: started`, { run_id: run.runId });
  }

  async #stopAll(botId: string | null, how: { reason: string; close_positions: boolean }): Promise<void> {
    const done = how.close_positions ? 'all positions are closed' : 'open orders are cancelled, and positions kept';
    this.#log('warn', `emergency stop (${how.reason}): ${done}. ${AFTER_EMERGENCY_STOP}`, { bot_id: botId });
    const runs = [...this.#runs.values()].filter(({ run }) => botId === null || run.botId === botId);
    await Promise.all(
      runs.map((paper) => (how.close_positions ? paper.stop('emergency_stop') : paper.cancelAll(how.reason))),
    );
  }

  #executed(runId: string): PaperRun {
    const paper = this.#runs.get(runId);
    if (paper) return paper;
    throw new RunnerError('not_held', 'this runner does not execute the run');
  }
}
