import type { SupabaseClient } from '@supabase/supabase-js';
import { type AlertEvent, BotStatusEvent, RunnerStatusEvent, type TaskEvent } from '@tradebase/contracts';
import type { Database } from './database.types.ts';
import type { UserEvent } from './user-event.ts';

export type BotState = Omit<BotStatusEvent, 'seq'>;
export type RunnerState = Omit<RunnerStatusEvent, 'seq'>;

/** What is known of a user's bots and runners, and what was heard of tasks and alerts. The maps, by id, and the list change under their readers. */
export interface UserState {
  readonly bots: ReadonlyMap<string, BotState>;
  readonly runners: ReadonlyMap<string, RunnerState>;
  /** The latest event of each task that was heard of: of the latest 1,000 tasks. */
  readonly tasks: ReadonlyMap<string, TaskEvent>;
  /** The latest 100, the newest last. */
  readonly alerts: readonly AlertEvent[];
}

/** What has changed since the change before. */
export interface UserChange {
  /** The change before went up to here, and this one goes up to `seq`. */
  readonly after_seq: number;
  readonly seq: number;
  /** Bots and runners were read anew, as at first: what the events between would have told is not known. */
  readonly isSnapshot: boolean;
  readonly events: readonly UserEvent[];
}

const MAX_TASKS = 1000;
const MAX_ALERTS = 100;
/** Events of one change; what is more is in the state alone. */
const MAX_EVENTS = 1000;

const BotRow = BotStatusEvent.omit({ seq: true });
const RunnerRow = RunnerStatusEvent.omit({ seq: true });

/** Builds the state of a user from a first read of rows, and the events after it. */
export class UserStateBuilder {
  readonly #bots = new Map<string, BotState>();
  readonly #runners = new Map<string, RunnerState>();
  readonly #tasks = new Map<string, TaskEvent>();
  readonly #alerts: AlertEvent[] = [];
  #seq = 0;
  #pending: { after_seq: number; isSnapshot: boolean; events: UserEvent[] } = newPending(0);

  get state(): UserState {
    return { bots: this.#bots, runners: this.#runners, tasks: this.#tasks, alerts: this.#alerts };
  }

  /** Begins anew with rows that are at least as new as the event `seq`. */
  takeSnapshot({ bots, runners }: UserSnapshot, seq: number): void {
    for (const known of [this.#bots, this.#runners, this.#tasks]) known.clear();
    this.#alerts.length = 0;
    for (const bot of bots) this.#bots.set(bot.bot_id, bot);
    for (const runner of runners) this.#runners.set(runner.session_id, runner);
    this.#pending = { ...this.#pending, isSnapshot: true, events: [] };
    this.#seq = seq;
  }

  /** Takes an event over, and no more than its number where it is none that is known here. */
  takeEvent(seq: number, named: UserEvent | undefined): void {
    this.#seq = seq;
    if (!named) return;
    this.#pending.events.push(named);
    keepLast(this.#pending.events, MAX_EVENTS);
    this.#take(named);
  }

  /** What has changed since this was asked last; undefined for nothing. */
  takeChange(): UserChange | undefined {
    const { after_seq, isSnapshot, events } = this.#pending;
    if (!isSnapshot && after_seq === this.#seq) return undefined;
    this.#pending = newPending(this.#seq);
    return { after_seq, seq: this.#seq, isSnapshot, events };
  }

  #take({ name, event }: UserEvent): void {
    switch (name) {
      case 'bot_status':
        this.#bots.set(event.bot_id, BotRow.parse(event));
        return;
      case 'runner_status':
        this.#runners.set(event.session_id, RunnerRow.parse(event));
        return;
      case 'alert':
        this.#alerts.push(event);
        keepLast(this.#alerts, MAX_ALERTS);
        return;
      default:
        this.#takeTask(event);
    }
  }

  #takeTask(event: TaskEvent): void {
    // Set anew, so that the map is in the order of the latest events.
    this.#tasks.delete(event.id);
    this.#tasks.set(event.id, event);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > MAX_TASKS && oldest !== undefined) this.#tasks.delete(oldest);
  }
}

function newPending(after_seq: number) {
  return { after_seq, isSnapshot: false, events: [] };
}

function keepLast<T>(entries: T[], count: number): void {
  if (entries.length > count) entries.splice(0, entries.length - count);
}

export interface UserSnapshot {
  readonly bots: readonly BotState[];
  readonly runners: readonly RunnerState[];
}

/** Reads bots and runner sessions of the signed-in user as events tell of them: 1,000 of each at most. */
export async function readUserSnapshot(client: SupabaseClient<Database>): Promise<UserSnapshot> {
  const [bots, runs, sessions] = await Promise.all([
    client
      .from('bots')
      .select('id, status, last_error, updated_at')
      .order('created_at', { ascending: false })
      .limit(1000),
    client.from('bot_leases').select('bot_id, run_id').order('created_at', { ascending: false }).limit(1000),
    client
      .from('runner_sessions')
      .select('id, status, last_heartbeat_at, machine_id, machine_info, version, updated_at')
      .order('last_heartbeat_at', { ascending: false })
      .limit(1000),
  ]);
  if (bots.error) throw bots.error;
  if (runs.error) throw runs.error;
  if (sessions.error) throw sessions.error;
  const runOf = new Map(runs.data.map(({ bot_id, run_id }) => [bot_id, run_id]));
  return {
    bots: bots.data.map(({ id, status, last_error, updated_at }) =>
      BotRow.parse({
        bot_id: id,
        run_id: runOf.get(id) ?? null,
        status,
        error: status === 'error' ? last_error : null,
        at: updated_at,
      }),
    ),
    runners: sessions.data.map(({ id, status, last_heartbeat_at, updated_at, ...session }) =>
      RunnerRow.parse({
        ...session,
        session_id: id,
        connected: status === 'connected',
        status,
        last_heartbeat: last_heartbeat_at,
        at: updated_at,
      }),
    ),
  };
}
