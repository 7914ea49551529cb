import type { Broadcast } from './broadcast.ts';

/** A row of realtime.messages on its way to a room. */
export interface StoredMessage {
  /** Name of the channel, without `realtime:`. */
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly broadcast: Broadcast;
  /** `realtime.messages.id`. */
  readonly id: string;
  /** When its transaction began, in milliseconds since 1970. */
  readonly insertedAt: number;
}

/** Reads a row whose columns are Postgres's text. Throws where one is missing that a broadcast needs. */
export function parseStoredMessage(row: Record<string, unknown>): StoredMessage {
  const id = text(row, 'id');
  return {
    id,
    insertedAt: Date.parse(`${text(row, 'inserted_at').replace(' ', 'T')}Z`),
    topic: text(row, 'topic'),
    isPrivate: text(row, 'private') === 't',
    broadcast: { id, event: text(row, 'event'), payload: payloadOf(row) },
  };
}

function payloadOf(row: Record<string, unknown>): Broadcast['payload'] {
  if (typeof row.binary_payload === 'string') {
    // bytea's text form is \x and hexadecimal digits.
    return { encoding: 'binary', bytes: Buffer.from(row.binary_payload.slice(2), 'hex') };
  }
  return { encoding: 'json', json: text(row, 'payload') };
}

function text(row: Record<string, unknown>, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`its ${column} is null`);
  return value;
}
