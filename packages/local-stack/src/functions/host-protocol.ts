/** What the Deno process is told, as JSON in its one argument. */
export interface HostArguments {
  readonly socketPath: string;
  readonly functions: readonly { readonly name: string; readonly file: string; readonly url: string }[];
}

/** A function that could not be loaded: it answers 503 while the others work. */
export interface LoadFailure {
  readonly name: string;
  readonly file: string;
  readonly error: string;
}

/** What the Deno process says once it listens: one line, this prefix and then JSON. */
export interface HostReady {
  /** Names of the functions that can be called. */
  readonly loaded: readonly string[];
  readonly failures: readonly LoadFailure[];
}

export const READY_PREFIX = 'functions-host ready ';

/** Asks the process on its stdin to finish what is under way and exit. The end of stdin means: exit at once. */
export const DRAIN_COMMAND = 'drain\n';
