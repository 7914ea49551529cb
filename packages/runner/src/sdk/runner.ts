import type { RealtimeChannel } from '@supabase/supabase-js';
import {
  HeartbeatAnswer,
  RUNNER_COMMANDS,
  type RunHolding,
  RunnerConfig,
  type RunnerLease,
  type RunnerToken,
  runnerTopic,
} from '@tradebase/contracts';
import { z } from 'zod';
import type { SyncPolicy } from './append-file.ts';
import { asRunnerError } from './as-runner-error.ts';
import type { BotExecutor, RunnerEvents } from './bot-executor.ts';
import type { Clock } from './clock.ts';
import { CommandJournal } from './command-journal.ts';
import { CommandWork, DeliveredCommand } from './command-work.ts';
import { orAborted } from './or-aborted.ts';
import { ReportSpool } from './report-spool.ts';
import { Run } from './run.ts';
import { RunnerError } from './runner-error.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import type { StateDir } from './state-dir.ts';
import { untilBotTrades } from './until-bot-trades.ts';

export interface RunnerParts {
  readonly session: Session;
  readonly stateDir: StateDir;
  readonly machineInfo: Record<string, unknown>;
  readonly clock: Clock;
  readonly sync: SyncPolicy;
  readonly most_spool_bytes?: number;
  readonly events: RunnerEvents;
}

const Heartbeat = HeartbeatAnswer.extend({ commands: z.array(DeliveredCommand) });
/** Sooner than this the server is not asked again, whatever wakes the heartbeat. */
const SHORTEST_PAUSE_MS = 20;
const GOODBYE_MS = 3000;
/** After this time a run that ended by a failure is taken up again. */
const RETAKE_MS = 5000;
/** Ends of runs that are meant: held no more, over, or given up with the runner. */
const ORDERLY_ENDS: ReadonlySet<string> = new Set([
  'stale_lease',
  'run_not_found',
  'run_stopped',
  'runner_stopped',
  'not_held',
]);

/** A connected runner: heartbeats, commands in order, runs and their reports. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #session: Session;
  readonly #server: Server;
  readonly #runs = new Map<string, Run>();
  readonly #ended = Promise.withResolvers<RunnerError | null>();
  #executor: BotExecutor | undefined;
  #commands: CommandWork | undefined;
  #channel: RealtimeChannel | undefined;
  #wake = new AbortController();
  #isBeating = false;
  #attaching: Promise<void> = Promise.resolve();
  #wasAttached = Promise.withResolvers<void>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#session = parts.session;
    this.#server = parts.session.server;
    this.#wasAttached.promise.catch(() => {});
  }

  /** What the server said of the session when the token was issued. */
  get token(): RunnerToken {
    return this.#session.current;
  }

  /** The server as this runner calls it: for reading candles and whatever else it may see. */
  get server(): Server {
    return this.#server;
  }

  /** Settles once the runner has ended: null when it was stopped, or what ended it. */
  get ended(): Promise<RunnerError | null> {
    return this.#ended.promise;
  }

  /** The runs that are held. */
  get runs(): readonly Run[] {
    return [...this.#runs.values()];
  }

  /** Begins to execute: takes up what is held, then carries out commands. Resolves when all that was held is reconciled. */
  start(executor: BotExecutor): Promise<void> {
    this.#executor = executor;
    this.#onConnected();
    return this.#wasAttached.promise;
  }

  /** The session has connected, perhaps anew. */
  connected(token: RunnerToken): void {
    this.#parts.events.onConnected?.(token);
    if (this.#executor) this.#onConnected();
  }

  /** The session is over for good. */
  async over(reason: RunnerError): Promise<void> {
    await this.#close(reason, reason);
  }

  /** Leaves: what is held stays held, and the server knows at once that this runner is gone. */
  async stop(): Promise<void> {
    if (!this.#session.signal.aborted) {
      const inTime = AbortSignal.timeout(GOODBYE_MS);
      await Promise.all(this.runs.map((run) => orAborted(run.flush(), inTime).catch(() => {})));
      await this.#server.call('disconnect_runner', {}, z.unknown(), inTime).catch(() => {});
    }
    const reason = new RunnerError('runner_stopped', 'the runner was stopped');
    this.#session.end(reason);
    await this.#close(reason, null);
  }

  async #close(reason: RunnerError, outcome: RunnerError | null): Promise<void> {
    this.#wasAttached.reject(reason);
    this.#wake.abort();
    await Promise.all(this.runs.map((run) => run.end(reason, { keepSpool: true })));
    await this.#commands?.finish();
    await this.#server.close();
    await this.#commands?.close();
    await this.#parts.stateDir.close();
    this.#ended.resolve(outcome);
  }

  /** What the server says that this runner holds, and how it is to behave. */
  config(): Promise<RunnerConfig> {
    return this.#server.persist(() => this.#server.call('runner_config', {}, RunnerConfig), this.#session.signal);
  }

  /** Holds a run: the spool that it has on this machine is taken up. Called for each lease, and by the command start_bot. */
  async hold({
    run_id,
    bot_id,
    fencing_token,
    last_report_seq,
  }: Pick<RunnerLease, 'run_id' | 'bot_id' | 'fencing_token' | 'last_report_seq'>): Promise<Run> {
    const held = this.#runs.get(run_id);
    if (held) {
      held.renewLease(fencing_token);
      return held;
    }
    const { stateDir, sync, most_spool_bytes, events } = this.#parts;
    const options = {
      sync,
      now: () => this.#server.now(),
      ...(most_spool_bytes ? { most_bytes: most_spool_bytes } : {}),
    };
    const spool = await ReportSpool.open(await stateDir.folder('runs', run_id), options);
    const dropped = await spool.alignWith(last_report_seq).catch(async (error: unknown) => {
      await spool.close();
      throw error;
    });
    if (dropped > 0) {
      events.onTrouble?.(
        new RunnerError(
          'stale_lease',
          `run ${run_id}: ${dropped} unsent reports were dropped: another runner has executed it since`,
        ),
      );
    }
    const run = new Run({
      runId: run_id,
      botId: bot_id,
      fencingToken: fencing_token,
      server: this.#server,
      spool,
      findLease: async (runId) => {
        const { leases } = await this.config();
        return leases.find((lease) => lease.run_id === runId)?.fencing_token ?? null;
      },
      onRejected: (rejected) => events.onRejected?.(rejected),
      onEnd: (ended, reason) => {
        this.#runs.delete(ended.runId);
        this.#executor?.release(ended, reason);
        if (!ORDERLY_ENDS.has(reason.code) && !this.#session.signal.aborted) this.#retake(run_id, reason);
      },
    });
    this.#runs.set(run_id, run);
    return run;
  }

  /** A run that failed here is still held: left alone, it would look as if it were executed. */
  #retake(runId: string, reason: RunnerError): void {
    const { clock, session, events } = this.#parts;
    events.onTrouble?.(reason);
    clock.wait(RETAKE_MS, session.signal).then(
      () => this.#inTurn(() => this.#attachOne(runId)),
      // The session is over.
      () => {},
    );
  }

  /** Runs are taken up one after the other. */
  #inTurn(work: () => Promise<void>): void {
    this.#attaching = this.#attaching.then(work).catch((error: unknown) => this.#fail(error));
  }

  async #attachOne(runId: string): Promise<void> {
    const { leases } = await this.config();
    const lease = leases.find(({ run_id }) => run_id === runId);
    if (lease) await this.#attach(lease);
  }

  #onConnected(): void {
    this.#inTurn(() => this.#attachAll());
  }

  async #attachAll(): Promise<void> {
    await this.#openCommands();
    const { leases } = await this.config();
    for (const run of this.runs) {
      if (leases.some(({ run_id }) => run_id === run.runId)) continue;
      await run.end(new RunnerError('stale_lease', 'the bot was given back, or to another runner'), {
        keepSpool: false,
      });
    }
    for (const lease of leases) await this.#attach(lease);
    this.#join();
    this.#beat();
    this.#wasAttached.resolve();
  }

  /** One run that cannot be taken up leaves the others alone, and is tried again. */
  async #attach(lease: RunnerLease): Promise<void> {
    const executor = this.#executor;
    if (!executor) return;
    try {
      const run = await this.hold(lease);
      await this.reconcile(run, await executor.attach(run, lease));
    } catch (error) {
      if (this.#session.signal.aborted) throw error;
      this.#retake(lease.run_id, asRunnerError(error));
    }
  }

  /** Sends what waits, shows the server what the run holds, and lets it go on. */
  async reconcile(run: Run, holding: RunHolding): Promise<void> {
    await run.flush();
    const reconciliation = await run.reconcile(holding);
    // What is asked for before the bot trades again, the gate refuses for good.
    if (reconciliation.matched) run.openAfter(untilBotTrades(this.#server, this.#parts.clock, run));
    this.#executor?.proceed(run, reconciliation);
  }

  /** A session that was made anew numbers its commands anew. */
  async #openCommands(): Promise<void> {
    const { session_id } = this.token;
    const executor = this.#executor;
    if (!executor || this.#commands?.sessionId === session_id) return;
    await this.#commands?.close();
    const { session, stateDir, sync, events } = this.#parts;
    const journal = await CommandJournal.open(await stateDir.folder('sessions', session_id), sync);
    this.#commands = new CommandWork({ sessionId: session_id, session, journal, executor, events });
  }

  /** Commands by Realtime: they only make what heartbeats bring faster. supabase-js joins again by itself. */
  #join(): void {
    const topic = runnerTopic(this.token.session_id);
    if (this.#channel?.topic === `realtime:${topic}`) return;
    const channel = this.#server.client.channel(topic, { config: { private: true } });
    this.#channel = channel;
    for (const event of RUNNER_COMMANDS) {
      channel.on('broadcast', { event }, ({ payload }) => {
        const command = DeliveredCommand.safeParse(payload);
        if (command.success) this.#commands?.take([command.data]);
        else this.#hurry();
      });
    }
    this.#server.client.realtime.setAuth().then(
      () =>
        channel.subscribe((status, error) => {
          // What was said before it was joined, the next heartbeat brings.
          if (status === 'SUBSCRIBED') this.#hurry();
          else if (status !== 'CLOSED') {
            this.#parts.events.onTrouble?.(
              new RunnerError('network_unreachable', `Realtime: ${error?.message ?? status.toLowerCase()}`),
            );
          }
        }),
      () => {},
    );
  }

  /** The next heartbeat is due now. */
  #hurry(): void {
    this.#wake.abort();
  }

  #beat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#beatUntilOver().catch((error: unknown) => this.#fail(error));
  }

  async #beatUntilOver(): Promise<void> {
    const { session, clock, machineInfo } = this.#parts;
    for (;;) {
      this.#wake = new AbortController();
      const answer = await this.#server.persist(async () => {
        const sent_at_ms = clock.now();
        const args = {
          p_machine_info: machineInfo,
          p_active_bot_ids: this.runs.map(({ botId }) => botId),
          p_sent_at: new Date(sent_at_ms).toISOString(),
        };
        const heard = await this.#server.call('runner_heartbeat', args, Heartbeat, session.signal);
        this.#server.hearTime(heard.server_time, sent_at_ms);
        return heard;
      }, session.signal);
      this.#commands?.take(answer.commands);
      const rest = AbortSignal.any([this.#wake.signal, session.signal]);
      await clock.wait(answer.heartbeat_interval_s * 1000, rest).catch(() => {});
      await clock.wait(SHORTEST_PAUSE_MS, session.signal);
    }
  }

  #fail(error: unknown): void {
    if (!this.#session.signal.aborted) this.#session.end(asRunnerError(error));
  }
}
