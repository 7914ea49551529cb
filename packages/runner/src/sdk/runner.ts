import type { RealtimeChannel } from '@supabase/supabase-js';
import {
  HeartbeatAnswer,
  type Reconciliation,
  RUNNER_COMMANDS,
  type RunHolding,
  RunnerCommand,
  RunnerConfig,
  type RunnerLease,
  type RunnerToken,
  runnerTopic,
} from '@tradebase/contracts';
import { z } from 'zod';
import type { SyncPolicy } from './append-file.ts';
import type { Clock } from './clock.ts';
import { type CommandError, CommandJournal } from './command-journal.ts';
import { CommandQueue } from './command-queue.ts';
import { ReportSpool } from './report-spool.ts';
import { type RejectedItem, Run } from './run.ts';
import { RunnerError } from './runner-error.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import type { StateDir } from './state-dir.ts';
import { untilBotTrades } from './until-bot-trades.ts';

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

export interface RunnerParts {
  readonly session: Session;
  readonly stateDir: StateDir;
  readonly machineInfo: Record<string, unknown>;
  readonly clock: Clock;
  readonly sync: SyncPolicy;
  readonly most_spool_bytes?: number;
  readonly events: RunnerEvents;
}

/** A command as it arrives: perhaps one that only later versions know. */
const DeliveredCommand = z.looseObject({ seq: z.int().min(1), type: z.string(), expires_at: z.string() });
type DeliveredCommand = z.infer<typeof DeliveredCommand>;
const OpenCommands = z.array(DeliveredCommand);
const Heartbeat = HeartbeatAnswer.extend({ commands: OpenCommands });
const COMMANDS_AT_ONCE = 50;
/** Sooner than this the server is not asked again, whatever wakes the heartbeat. */
const SHORTEST_PAUSE_MS = 20;
const GOODBYE_MS = 3000;
/** What the server takes as the code and the message of an error. */
const ERROR_CODE = /^[a-z][a-z0-9_]{0,62}$/;
const MOST_MESSAGE = 1000;

/** A connected runner: heartbeats, commands in order, runs and their reports. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #session: Session;
  readonly #server: Server;
  readonly #runs = new Map<string, Run>();
  readonly #ended = Promise.withResolvers<RunnerError | null>();
  #executor: BotExecutor | undefined;
  #queue = new CommandQueue<DeliveredCommand>(0);
  #journal: CommandJournal | undefined;
  #journalOf = '';
  #channel: RealtimeChannel | undefined;
  #wake = new AbortController();
  #isBeating = false;
  #working: Promise<void> | undefined;
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
      await Promise.all(this.runs.map((run) => Promise.race([run.flush(), aborted(inTime)]).catch(() => {})));
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
    await this.#working?.catch(() => {});
    await this.#server.close();
    await this.#journal?.close().catch(() => {});
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
    const dropped = await spool.alignWith(last_report_seq);
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
      },
    });
    this.#runs.set(run_id, run);
    return run;
  }

  #onConnected(): void {
    this.#attaching = this.#attaching.then(() => this.#attachAll()).catch((error: unknown) => this.#fail(error));
  }

  async #attachAll(): Promise<void> {
    await this.#openJournal();
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

  /** One run that cannot be taken up leaves the others alone. */
  async #attach(lease: RunnerLease): Promise<void> {
    const executor = this.#executor;
    if (!executor) return;
    try {
      const run = await this.hold(lease);
      await this.reconcile(run, await executor.attach(run, lease));
    } catch (error) {
      if (this.#session.signal.aborted) throw error;
      this.#parts.events.onTrouble?.(asRunnerError(error));
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

  async #openJournal(): Promise<void> {
    const { session_id } = this.token;
    if (this.#journalOf === session_id) return;
    await this.#journal?.close();
    const dir = await this.#parts.stateDir.folder('sessions', session_id);
    this.#journal = await CommandJournal.open(dir, this.#parts.sync);
    this.#journalOf = session_id;
    this.#queue = new CommandQueue(this.#journal.lastSeq);
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
        if (command.success) this.#take([command.data]);
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
      this.#take(answer.commands);
      const rest = AbortSignal.any([this.#wake.signal, session.signal]);
      await clock.wait(answer.heartbeat_interval_s * 1000, rest).catch(() => {});
      await clock.wait(SHORTEST_PAUSE_MS, session.signal);
    }
  }

  #take(commands: readonly DeliveredCommand[]): void {
    this.#queue.add(commands);
    this.#working ??= this.#work()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#working = undefined;
        if (this.#queue.due() && !this.#session.signal.aborted) this.#take([]);
      });
  }

  async #work(): Promise<void> {
    for (;;) {
      this.#session.signal.throwIfAborted();
      const command = this.#queue.due();
      if (command) await this.#carryOut(command);
      else if (this.#queue.hasGap) this.#queue.addAllOpen(await this.#openCommands());
      else return;
    }
  }

  /** All commands that are still to be done, lowest numbers first. */
  async #openCommands(): Promise<DeliveredCommand[]> {
    return this.#server.persist(
      () =>
        this.#server.read(
          'runner_commands',
          (client) =>
            client
              .from('runner_commands')
              .select('seq, type, bot_id, payload, attempt, expires_at')
              .eq('runner_session_id', this.token.session_id)
              .in('status', ['queued', 'delivered'])
              .order('seq')
              .limit(COMMANDS_AT_ONCE),
          OpenCommands,
        ),
      this.#session.signal,
    );
  }

  async #carryOut(command: DeliveredCommand): Promise<void> {
    const journal = this.#journal;
    const executor = this.#executor;
    if (!journal || !executor) return;
    let outcome = journal.outcomeOf(command.seq);
    if (!outcome) {
      if (Date.parse(command.expires_at) <= this.#server.now()) return this.#queue.settle(command.seq);
      outcome = { error: await this.#errorOf(async () => this.#execute(executor, command)) };
      this.#session.signal.throwIfAborted();
      await journal.record(command.seq, outcome.error);
    }
    this.#queue.settle(command.seq);
    await this.#acknowledge(command.seq, outcome.error);
  }

  /** What is not known here fails, and holds nothing up that comes after it. */
  #execute(executor: BotExecutor, delivered: DeliveredCommand): Promise<void> {
    const command = RunnerCommand.safeParse(delivered);
    if (!command.success) {
      const { type } = delivered;
      throw new RunnerError(
        'unknown_command',
        `this version of the runner knows no such command ${type}`.slice(0, 200),
      );
    }
    this.#parts.events.onCommand?.(command.data);
    return executor.execute(command.data);
  }

  async #errorOf(work: () => Promise<void>): Promise<CommandError | null> {
    try {
      await work();
      return null;
    } catch (error) {
      this.#session.signal.throwIfAborted();
      const { code, message } = asRunnerError(error);
      return { code: ERROR_CODE.test(code) ? code : 'internal_error', message: message.slice(0, MOST_MESSAGE) };
    }
  }

  async #acknowledge(seq: number, error: CommandError | null): Promise<void> {
    try {
      await this.#server.persist(
        () =>
          this.#server.call('acknowledge_command', { p_seq: seq, p_error: error }, z.unknown(), this.#session.signal),
        this.#session.signal,
      );
    } catch (failure) {
      this.#session.signal.throwIfAborted();
      // It has expired meanwhile, or the session was made anew: it is done all the same.
      this.#parts.events.onTrouble?.(asRunnerError(failure));
    }
  }

  #fail(error: unknown): void {
    if (!this.#session.signal.aborted) this.#session.end(asRunnerError(error));
  }
}

function asRunnerError(error: unknown): RunnerError {
  if (error instanceof RunnerError) return error;
  return new RunnerError('internal_error', error instanceof Error ? error.message : String(error), { cause: error });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
