import { RunnerCommand } from '@tradebase/contracts';
import { z } from 'zod';
import { asRunnerError } from './as-runner-error.ts';
import type { BotExecutor, RunnerEvents } from './bot-executor.ts';
import type { CommandError, CommandJournal } from './command-journal.ts';
import { CommandQueue } from './command-queue.ts';
import { RunnerError } from './runner-error.ts';
import type { Session } from './session.ts';

/** A command as it arrives: perhaps one that only later versions know. */
export const DeliveredCommand = z.looseObject({ seq: z.int().min(1), type: z.string(), expires_at: z.string() });
export type DeliveredCommand = z.infer<typeof DeliveredCommand>;
const OpenCommands = z.array(DeliveredCommand);
const COMMANDS_AT_ONCE = 50;
/** What the server takes as the code and the message of an error. */
const ERROR_CODE = /^[a-z][a-z0-9_]{0,62}$/;
const MOST_MESSAGE = 1000;

export interface CommandWorkParts {
  /** Of the session, whose commands are numbered from 1. */
  readonly sessionId: string;
  readonly session: Session;
  readonly journal: CommandJournal;
  readonly executor: BotExecutor;
  readonly events: RunnerEvents;
}

/** The commands of a session: carried out in their order, one at a time, each once, and acknowledged. */
export class CommandWork {
  readonly #parts: CommandWorkParts;
  readonly #queue: CommandQueue<DeliveredCommand>;
  #working: Promise<void> | undefined;

  constructor(parts: CommandWorkParts) {
    this.#parts = parts;
    this.#queue = new CommandQueue(parts.journal.lastSeq);
  }

  get sessionId(): string {
    return this.#parts.sessionId;
  }

  get #signal(): AbortSignal {
    return this.#parts.session.signal;
  }

  /** Resolves when what is being carried out has come to its end. */
  async finish(): Promise<void> {
    await this.#working?.catch(() => {});
  }

  async close(): Promise<void> {
    await this.#parts.journal.close().catch(() => {});
  }

  /** Takes commands, in any order and some of them perhaps known, and carries out what is due. */
  take(commands: readonly DeliveredCommand[]): void {
    this.#queue.add(commands);
    this.#working ??= this.#work()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#working = undefined;
        if (this.#queue.due() && !this.#signal.aborted) this.take([]);
      });
  }

  async #work(): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      const command = this.#queue.due();
      if (command) await this.#carryOut(command);
      else if (this.#queue.hasGap) this.#queue.addAllOpen(await this.#openCommands());
      else return;
    }
  }

  /** All commands that are still to be done, lowest numbers first. */
  async #openCommands(): Promise<DeliveredCommand[]> {
    return this.#parts.session.server.persist(
      () =>
        this.#parts.session.server.read(
          'runner_commands',
          (client) =>
            client
              .from('runner_commands')
              .select('seq, type, bot_id, payload, attempt, expires_at')
              .eq('runner_session_id', this.sessionId)
              .in('status', ['queued', 'delivered'])
              .order('seq')
              .limit(COMMANDS_AT_ONCE),
          OpenCommands,
        ),
      this.#signal,
    );
  }

  async #carryOut(command: DeliveredCommand): Promise<void> {
    const { journal, executor } = this.#parts;
    let outcome = journal.outcomeOf(command.seq);
    if (!outcome) {
      if (Date.parse(command.expires_at) <= this.#parts.session.server.now()) return this.#queue.settle(command.seq);
      outcome = { error: await this.#errorOf(async () => this.#execute(executor, command)) };
      this.#signal.throwIfAborted();
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
      this.#signal.throwIfAborted();
      const { code, message } = asRunnerError(error);
      return { code: ERROR_CODE.test(code) ? code : 'internal_error', message: storable(message) };
    }
  }

  async #acknowledge(seq: number, error: CommandError | null): Promise<void> {
    try {
      await this.#parts.session.server.persist(
        () =>
          this.#parts.session.server.call(
            'acknowledge_command',
            { p_seq: seq, p_error: error },
            z.unknown(),
            this.#signal,
          ),
        this.#signal,
      );
    } catch (failure) {
      this.#signal.throwIfAborted();
      // It has expired meanwhile, or the session was made anew: it is done all the same.
      this.#parts.events.onTrouble?.(asRunnerError(failure));
    }
  }

  #fail(error: unknown): void {
    if (!this.#signal.aborted) this.#parts.session.end(asRunnerError(error));
  }
}

/** Without what Postgres cannot store: it would refuse the acknowledgement, and deliver the command again until it has expired. */
function storable(message: string): string {
  return message.replaceAll('\0', '').slice(0, MOST_MESSAGE).toWellFormed();
}
