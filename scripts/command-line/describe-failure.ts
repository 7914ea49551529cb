/** Why a command failed: a code for programs, and a message for people. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** SQLSTATEs of a function, a table or a schema that is not there. */
const MISSING_OBJECT: readonly string[] = ['42883', '42P01', '3F000'];

/** What to say of an error of a command that works on a database. */
export function describeFailure(error: unknown, databaseUrl: string): Failure {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  // Our own errors come as JSON, for PostgREST to answer.
  if (code === 'PGRST') return JSON.parse(error.message);
  if (code === 'ECONNREFUSED') {
    const message = `no database answers at ${placeOf(databaseUrl)}; is the stack up? npm run stack -- start`;
    return { code: 'connection_refused', message };
  }
  const hint = MISSING_OBJECT.includes(code) ? '; have the migrations run?' : '';
  return { code, message: `${error.message}${hint}` };
}

/** Prints a failure: as JSON on standard output, or for people on standard error. */
export function printFailure(failure: Failure, json: boolean): void {
  if (json) console.log(JSON.stringify({ error: failure }));
  else console.error(`Error (${failure.code}): ${failure.message}`);
}

/** Host and port alone: the rest of a URL holds a password. */
function placeOf(databaseUrl: string): string {
  return URL.canParse(databaseUrl) ? new URL(databaseUrl).host : 'the given URL';
}
