import { asRecord } from './as-record.ts';
import type { ChangeEntry } from './changes/channel-changes.ts';
import { MAX_CHANGES_PER_CHANNEL } from './limits.ts';
import { parseReplay, type ReplayRequest } from './replay-messages.ts';

/** How long a join may wait for its subscriptions to changes, in milliseconds: hosted's default and most. */
const DEFAULT_CHANGES_WAIT_MS = 15_000;
const MAX_CHANGES_WAIT_MS = 20_000;

/** What a client asks for when it joins a channel. */
export interface JoinRequest {
  readonly isPrivate: boolean;
  /** Whether the client receives its own broadcasts. */
  readonly self: boolean;
  /** Whether each broadcast is answered. */
  readonly ack: boolean;
  readonly presenceEnabled: boolean;
  /** Empty where the server is to choose one. */
  readonly presenceKey: string;
  /** Whether the client wants to hear when broadcasts from the database can reach it. */
  readonly replicationReady: boolean;
  readonly accessToken: string | undefined;
  /** Broadcasts from before the join to send again. */
  readonly replay: ReplayRequest | undefined;
  readonly changes: readonly ChangeEntry[];
  /** How long the reply waits until changes will be seen; undefined where it does not. */
  readonly changesWaitMs: number | undefined;
}

/** Why a join is refused: `reason` is what the client is told. */
export class JoinRefused extends Error {}

/** Reads the payload of `phx_join`. Throws JoinRefused for what this server does not do, and for what is malformed. */
export function parseJoinRequest(payload: unknown): JoinRequest {
  const join = asRecord(payload);
  const config = asRecord(join.config);
  const broadcast = asRecord(config.broadcast);
  const presence = asRecord(config.presence);
  const isPrivate = asFlag(config.private, 'private');
  return {
    isPrivate,
    self: asFlag(broadcast.self, 'broadcast.self'),
    ack: asFlag(broadcast.ack, 'broadcast.ack'),
    replicationReady: asFlag(broadcast.replication_ready, 'broadcast.replication_ready'),
    presenceEnabled: asFlag(presence.enabled, 'presence.enabled'),
    presenceKey: asKey(presence.key),
    accessToken: typeof join.access_token === 'string' ? join.access_token : undefined,
    replay: asReplay(broadcast.replay, isPrivate),
    changes: asChanges(config.postgres_changes),
    changesWaitMs: asWait(asRecord(config.postgres_changes_options)),
  };
}

/** Hosted Realtime takes `"true"` for true, too. A flag that is neither is refused: `private` must not be guessed. */
function asFlag(value: unknown, name: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new JoinRefused(`InvalidJoinPayload: config.${name} must be true or false`);
}

function asKey(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function asReplay(replay: unknown, isPrivate: boolean): ReplayRequest | undefined {
  if (replay === undefined || replay === null) return undefined;
  if (!isPrivate) throw new JoinRefused('UnableToReplayMessages: Replay is not allowed for public channels');
  const request = parseReplay(asRecord(replay));
  if (!request) throw new JoinRefused('UnableToReplayMessages: Replay params are not valid');
  return request;
}

function asChanges(entries: unknown): ChangeEntry[] {
  if (!Array.isArray(entries)) return [];
  if (entries.length > MAX_CHANGES_PER_CHANNEL) {
    throw new JoinRefused(`InvalidJoinPayload: config.postgres_changes has ${MAX_CHANGES_PER_CHANNEL} entries at most`);
  }
  return entries.filter((entry) => entry !== null).map(asRecord);
}

function asWait({ wait, timeout }: Record<string, unknown>): number | undefined {
  if (!asFlag(wait, 'postgres_changes_options.wait')) return undefined;
  return Math.min(typeof timeout === 'number' && timeout > 0 ? timeout : DEFAULT_CHANGES_WAIT_MS, MAX_CHANGES_WAIT_MS);
}
