import type { Pool } from 'pg';
import { parseStoredMessage, type StoredMessage } from './stored-message.ts';

/** Hosted Realtime replays no more. */
const MAX_REPLAYED = 25;

/** What a client wants to hear again when it joins. */
export interface ReplayRequest {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly limit: number;
}

/** Reads `config.broadcast.replay`; undefined where it is not well formed. */
export function parseReplay({ since, limit }: Readonly<Record<string, unknown>>): ReplayRequest | undefined {
  const count = limit ?? MAX_REPLAYED;
  if (!isWhole(since) || !isWhole(count) || Number.isNaN(new Date(since).getTime())) return undefined;
  return { since, limit: Math.max(1, Math.min(count, MAX_REPLAYED)) };
}

/** The newest broadcasts of a private channel since a time, oldest first. */
export async function readReplay(pool: Pool, topic: string, { since, limit }: ReplayRequest): Promise<StoredMessage[]> {
  const { rows } = await pool.query<Record<string, unknown>>(
    `select id::text, topic, event, payload::text, binary_payload::text, inserted_at::text, 't' as private
     from realtime.messages
     where topic = $1 and private and extension = 'broadcast'
       -- Partitions of days to come are not looked into.
       and inserted_at >= to_timestamp($2::float8 / 1000) at time zone 'utc'
       and inserted_at < (now() at time zone 'utc') + interval '1 minute'
     order by realtime.messages.inserted_at desc, tableoid desc, ctid desc
     limit $3`,
    [topic, since, limit],
  );
  return rows.reverse().map(parseStoredMessage);
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}
