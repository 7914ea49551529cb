// npm run admin -- grant EMAIL: gives a user a role with the operator's database login; how the first admin is made.
import { describeFailure, printFailure } from './command-line/describe-failure.ts';
import { findDatabaseUrl } from './command-line/find-database-url.ts';
import { parseCommandLine, UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { withDatabase } from './command-line/with-database.ts';

const HELP = `Usage: npm run admin -- grant EMAIL [options]

Gives the user who signed up with EMAIL a role. The user needs to refresh the session, or to sign in again, and for what
admins do a second factor. The last admin keeps the role.

      --role ROLE            admin, trader or viewer; admin by default
      --database-url URL     better set TRADEBASE_DATABASE_URL or DATABASE_URL: everyone on this machine sees arguments
      --json                 print the result, or the error, as one JSON object
  -h, --help                 print this

Without a URL the local stack is used. Exit code: 0 granted, 1 refused or failed, 2 wrong usage.`;

const ROLES = ['admin', 'trader', 'viewer'];

interface Command {
  readonly email: string;
  readonly role: string;
  readonly databaseUrl: string;
  readonly json: boolean;
}

function readCommand(): Command | 'help' {
  const options = {
    role: { type: 'string', default: 'admin' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = parseCommandLine({ options, allowPositionals: true });
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

async function run({ email, role, databaseUrl, json }: Command): Promise<number> {
  try {
    const granted = await withDatabase(databaseUrl, 'tradebase-admin', async (client) => {
      const { rows } = await client.query('select user_id, role from private.grant_role($1, $2)', [email, role]);
      return rows[0] as { user_id: string; role: string };
    });
    console.log(json ? JSON.stringify(granted) : `${email} is ${granted.role} (${granted.user_id})`);
    return 0;
  } catch (error) {
    printFailure(describeFailure(error, databaseUrl), json);
    return 1;
  }
}

process.exitCode = await runCommandLine(HELP, readCommand, run);
