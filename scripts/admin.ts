// npm run admin -- grant EMAIL: gives a user a role with the operator's database login; how the first admin is made.
import { parseArgs } from 'node:util';
import pg from 'pg';
import { findDatabaseUrl, placeOf } from './find-database-url.ts';

const HELP = `Usage: npm run admin -- grant EMAIL [options]

Gives the user who signed up with EMAIL a role. The user needs to refresh the session, or to sign in again, and for what
admins do a second factor. The last admin keeps the role.

      --role ROLE            admin, trader or viewer; admin by default
      --database-url URL     better set TRADEBASE_DATABASE_URL or DATABASE_URL: everyone on this machine sees arguments
      --json                 print the result, or the error, as one JSON object
  -h, --help                 print this

Without a URL the local stack is used. Exit code: 0 granted, 1 refused or failed, 2 wrong usage.`;

const ROLES = ['admin', 'trader', 'viewer'];
const CONNECT_TIMEOUT_MS = 10_000;

interface Command {
  readonly email: string;
  readonly role: string;
  readonly databaseUrl: string;
  readonly json: boolean;
}

class UsageError extends Error {}

function readCommand(): Command | 'help' {
  const options = {
    role: { type: 'string', default: 'admin' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = parse(() => parseArgs({ options, allowPositionals: true }));
  if (values.help) return 'help';
  const [action, email, ...others] = positionals;
  if (action !== 'grant') throw new UsageError('the one command is grant');
  if (email === undefined || others.length > 0) throw new UsageError('name one e-mail address');
  if (!ROLES.includes(values.role)) throw new UsageError(`--role must be one of ${ROLES.join(', ')}`);
  return {
    email,
    role: values.role,
    databaseUrl: findDatabaseUrl(values['database-url']),
    json: values.json,
  };
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The user's id and role, as they are now. */
async function grant({ email, role, databaseUrl }: Command): Promise<{ user_id: string; role: string }> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'tradebase-admin',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {}); // The query in progress fails with it.
  await client.connect();
  try {
    const { rows } = await client.query('select user_id, role from private.grant_role($1, $2)', [email, role]);
    return rows[0];
  } finally {
    await client.end();
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

function asFailure(error: unknown, databaseUrl: string): Failure {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  // Our own errors come as JSON, for PostgREST to answer.
  if (code === 'PGRST') return JSON.parse(error.message);
  if (code === 'ECONNREFUSED') {
    const message = `no database answers at ${placeOf(databaseUrl)}; is the stack up? npm run stack -- start`;
    return { code: 'connection_refused', message };
  }
  const hint = code === '42883' || code === '3F000' ? '; have the migrations run?' : '';
  return { code, message: `${error.message}${hint}` };
}

async function main(): Promise<number> {
  let command: Command | 'help';
  try {
    command = readCommand();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (command === 'help') {
    console.log(HELP);
    return 0;
  }
  try {
    const granted = await grant(command);
    console.log(command.json ? JSON.stringify(granted) : `${command.email} is ${granted.role} (${granted.user_id})`);
    return 0;
  } catch (error) {
    const failure = asFailure(error, command.databaseUrl);
    if (command.json) console.log(JSON.stringify({ error: failure }));
    else console.error(`Error (${failure.code}): ${failure.message}`);
    return 1;
  }
}

process.exitCode = await main();
