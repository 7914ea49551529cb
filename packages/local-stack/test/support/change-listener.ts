import type { RealtimePostgresChangesPayload, SupabaseClient } from '@supabase/supabase-js';
import { Arrivals } from './arrivals.ts';

export type Row = Record<string, unknown>;
export type Change = RealtimePostgresChangesPayload<Row>;

/** What a client asks to hear of. */
export interface Wanted {
  readonly event?: '*' | 'INSERT' | 'UPDATE' | 'DELETE';
  readonly schema?: string;
  readonly table?: string;
  readonly filter?: string;
  readonly select?: string[];
}

/** A channel of a supabase-js client that hears of changes to tables. */
export class ChangeListener {
  readonly changes = new Arrivals<Change>();
  readonly system = new Arrivals<{ status: string; message: string; extension: string }>();
  readonly #client: SupabaseClient;
  readonly #name: string;

  constructor(client: SupabaseClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Joins with one subscription for each thing wanted; resolves or rejects as `subscribe` says. */
  async join(...wanted: Wanted[]): Promise<this> {
    const channel = this.#client.channel(this.#name);
    for (const { event = '*', schema = 'public', ...rest } of wanted) {
      // The overloads know the events one by one.
      channel.on('postgres_changes', { event: event as '*', schema, ...rest }, (change) => this.changes.push(change));
    }
    channel.on('system', {}, (message) => this.system.push(message as never));
    await new Promise<void>((resolve, reject) =>
      channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : reject(error ?? new Error(status)))),
    );
    return this;
  }

  /** Rejects with the server's reason where it does not subscribe. */
  async subscribed(): Promise<this> {
    const { status, message } = await this.system.next();
    if (status !== 'ok') throw new Error(message);
    return this;
  }
}

/** Joins, and waits until every later commit will be seen. */
export async function listenToChanges(client: SupabaseClient, ...wanted: Wanted[]): Promise<ChangeListener> {
  const listener = await new ChangeListener(client, `changes-${Math.random()}`).join(...wanted);
  return listener.subscribed();
}
