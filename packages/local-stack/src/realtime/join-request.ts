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
}

/** Why a join is refused: `reason` is what the client is told. */
export class JoinRefused extends Error {}

/** Reads the payload of `phx_join`. Throws JoinRefused for what this server does not do, and for what is malformed. */
export function parseJoinRequest(payload: unknown): JoinRequest {
  const join = asRecord(payload);
  const config = asRecord(join.config);
  const broadcast = asRecord(config.broadcast);
  const presence = asRecord(config.presence);
  if (Array.isArray(config.postgres_changes) && config.postgres_changes.length > 0) {
    throw new JoinRefused(
      'PostgresChangesUnavailable: the local stack does not do Postgres Changes yet; use broadcast',
    );
  }
  if (broadcast.replay !== undefined && broadcast.replay !== null) {
    throw new JoinRefused('ReplayUnavailable: the local stack does not replay broadcasts yet; read the rows instead');
  }
  return {
    isPrivate: asFlag(config.private, 'private'),
    self: asFlag(broadcast.self, 'broadcast.self'),
    ack: asFlag(broadcast.ack, 'broadcast.ack'),
    replicationReady: asFlag(broadcast.replication_ready, 'broadcast.replication_ready'),
    presenceEnabled: asFlag(presence.enabled, 'presence.enabled'),
    presenceKey: asKey(presence.key),
    accessToken: typeof join.access_token === 'string' ? join.access_token : undefined,
  };
}

/** An object's fields; anything that is not an object has none. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
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
