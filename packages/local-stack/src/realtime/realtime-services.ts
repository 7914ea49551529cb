import type { Pool } from 'pg';
import type { Log, StackContext } from '../stack-context.ts';
import type { MessageStream } from './message-stream.ts';
import type { Rooms } from './rooms.ts';

/** What all connections of one server share. */
export interface RealtimeServices {
  readonly context: StackContext;
  /** Connections as supabase_realtime_admin, for questions to policies. */
  readonly pool: Pool;
  readonly rooms: Rooms;
  readonly stream: MessageStream;
  readonly log: Log;
}
