/** How much one stack, and one client of it, may ask of Realtime. */
export interface RealtimeLimits {
  /** Websockets open at once. */
  readonly connections: number;
  readonly channelsPerConnection: number;
  /** Joins of all clients together. */
  readonly joinsPerSecond: number;
  /** Broadcasts of all clients and of the database together. */
  readonly eventsPerSecond: number;
  /** Tracked states of all clients together. */
  readonly presenceEventsPerSecond: number;
  /** Presence messages of one channel of one client. */
  readonly clientPresence: { readonly calls: number; readonly windowMs: number };
  /** What a rate is averaged over: a burst may take the allowance of the whole window. */
  readonly rateWindowSeconds: number;
  /** Largest payload of one broadcast or presence. */
  readonly payloadBytes: number;
  /** A client that leaves this much unread is disconnected: it would otherwise be this process that grows. */
  readonly bufferedBytes: number;
  /** A joined channel's token and policies are looked at again at least this often. */
  readonly tokenRecheckMs: number;
}

/** What hosted Supabase allows on the plan Team, and its defaults where no plan says anything. */
export const DEFAULT_LIMITS: RealtimeLimits = {
  connections: 10_000,
  channelsPerConnection: 100,
  joinsPerSecond: 2_500,
  eventsPerSecond: 2_500,
  presenceEventsPerSecond: 1_000,
  clientPresence: { calls: 5, windowMs: 30_000 },
  rateWindowSeconds: 60,
  payloadBytes: 3_000_000,
  bufferedBytes: 16 * 1024 * 1024,
  tokenRecheckMs: 5 * 60_000,
};

/** Largest frame a client may send: hosted Realtime's limit. */
export const MAX_FRAME_BYTES = 5 * 1024 * 1024;

/** Subscriptions to Postgres Changes of one channel. */
export const MAX_CHANGES_PER_CHANNEL = 100;

/** Messages of one client that may wait, mostly for the database, before no more are read from its socket. */
export const MAX_PENDING_MESSAGES = 200;

/** Clients send a heartbeat every 25 s; one that is silent for longer than two of them is gone. */
export const CLIENT_SILENCE_MS = 60_000;

/** When policies could not be asked whether a channel stays open, they are asked again this soon. */
export const RECHECK_RETRY_MS = 5_000;

/** How long a closing server waits for its clients to answer before it cuts them off. */
export const CLOSE_GRACE_MS = 1_000;
