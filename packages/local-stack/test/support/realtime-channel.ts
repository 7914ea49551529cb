import type { RealtimeChannel, RealtimeChannelOptions, SupabaseClient } from '@supabase/supabase-js';
import { Arrivals } from './arrivals.ts';

/** What supabase-js hands to a listener for broadcasts. */
export interface ReceivedBroadcast {
  readonly event: string;
  readonly payload: Record<string, unknown> | ArrayBuffer;
  readonly meta?: { readonly id: string };
}

/** A channel of a supabase-js client whose broadcasts and states a test waits for. */
export class TestChannel {
  readonly channel: RealtimeChannel;
  readonly broadcasts = new Arrivals<ReceivedBroadcast>();
  readonly states = new Arrivals<{ status: string; error: Error | undefined }>();
  readonly system = new Arrivals<{ status: string; message: string }>();

  constructor(client: SupabaseClient, name: string, config: RealtimeChannelOptions['config'] = {}) {
    this.channel = client
      .channel(name, { config })
      .on('broadcast', { event: '*' }, (message) => this.broadcasts.push(message as unknown as ReceivedBroadcast))
      .on('system', {}, (message) => this.system.push(message));
  }

  /** Joins, or rejects with the server's reason. */
  async join(): Promise<this> {
    this.channel.subscribe((status, error) => this.states.push({ status, error }));
    const { status, error } = await this.states.next();
    if (status !== 'SUBSCRIBED') throw error ?? new Error(status);
    return this;
  }

  send(event: string, payload: object) {
    return this.channel.send({ type: 'broadcast', event, payload });
  }
}

export function joinChannel(
  client: SupabaseClient,
  name: string,
  config?: RealtimeChannelOptions['config'],
): Promise<TestChannel> {
  return new TestChannel(client, name, config).join();
}
