/** Largest frame a client may send: hosted Realtime's limit. */
export const MAX_FRAME_BYTES = 5 * 1024 * 1024;

/** Largest payload of one broadcast or presence: what hosted allows on its paid plans. */
export const MAX_PAYLOAD_BYTES = 3_000_000;

export const MAX_CHANNELS_PER_CONNECTION = 100;

export const MAX_CONNECTIONS = 10_000;

/** A client that leaves this much unread is disconnected: it would otherwise be this process that grows. */
export const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Messages of one client that may wait, mostly for the database, before no more are read from its socket. */
export const MAX_PENDING_MESSAGES = 200;

/** Clients send a heartbeat every 25 s; one that is silent for longer than two of them is gone. */
export const CLIENT_SILENCE_MS = 60_000;

/** A joined channel's token is looked at again at least this often. */
export const TOKEN_RECHECK_MS = 5 * 60_000;

/** How long a closing server waits for its clients to answer before it cuts them off. */
export const CLOSE_GRACE_MS = 1_000;
