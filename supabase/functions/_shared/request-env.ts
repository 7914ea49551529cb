/** What every request of every function carries in Hono's variables. */
export interface RequestVariables {
  requestId: string;
  /** Set once the caller is known. */
  userId?: string;
  /** Milliseconds spent, by part, for the server-timing header. */
  timings: Record<string, number>;
}

export interface RequestEnv {
  Variables: RequestVariables;
}
