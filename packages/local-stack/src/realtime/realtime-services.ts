import type { Pool } from 'pg';
import type { Log, StackContext } from '../stack-context.ts';
import type { PostgresChanges } from './changes/postgres-changes.ts';
import type { EventRate } from './event-rate.ts';
import type { RealtimeLimits } from './limits.ts';
import type { MessageStream } from './message-stream.ts';
import type { Metrics } from './metrics.ts';
import type { Rooms } from './rooms.ts';

/** What all connections of one server share. */
export interface RealtimeServices {
  readonly context: StackContext;
  /** Connections as supabase_realtime_admin, for questions to policies. */
  readonly pool: Pool;
  readonly rooms: Rooms;
  readonly stream: MessageStream;
  readonly changes: PostgresChanges;
  readonly limits: RealtimeLimits;
  readonly rates: { readonly joins: EventRate; readonly events: EventRate; readonly presence: EventRate };
  readonly metrics: Metrics;
  readonly log: Log;
}
