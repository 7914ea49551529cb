// npm run audit -- verify: walks the audit log and says whether anything of it was changed or is missing.
import type pg from 'pg';
import { readAnchor, writeAnchor } from './audit/anchor.ts';
import { verifyAuditLog } from './audit/verify-audit-log.ts';
import { describeFailure, printFailure } from './command-line/describe-failure.ts';
import { findDatabaseUrl } from './command-line/find-database-url.ts';
import { parseCommandLine, UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { withDatabase } from './command-line/with-database.ts';

const HELP = `Usage: npm run audit -- verify [options]

Walks every chain of the audit log and recomputes its hashes: an entry that was changed, reordered or removed shows.

      --anchor FILE       compare with the ends of the chains in the file, if there is one, and note them in it when all is
                          well: keep it where the database's operators cannot write, and even a rewritten chain shows
      --database-url URL  better set TRADEBASE_DATABASE_URL or DATABASE_URL: everyone on this machine sees arguments
      --json              print the result, or the error, as one JSON object
  -h, --help              print this

Without a URL the local stack is used. The role must be able to read the schema private, as postgres can.
Exit code: 0 all is well, 1 problems or failed, 2 wrong usage.
`;

interface Command {
  readonly anchor: string | undefined;
  readonly databaseUrl: string;
  readonly json: boolean;
}

function readCommand(): Command | 'help' {
  const options = {
    anchor: { type: 'string' },
    'database-url': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values, positionals } = parseCommandLine({ options, allowPositionals: true });
  if (values.help) return 'help';
  if (positionals.length !== 1 || positionals[0] !== 'verify') throw new UsageError('say what to do: verify');
  return {
    anchor: values.anchor,
    databaseUrl: findDatabaseUrl(values['database-url']),
    json: values.json,
  };
}

function showProgress(entries: number, of: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${entries} of ${of} entries${entries >= of ? '\r\x1b[K' : ''}`);
}

async function verify(client: pg.Client, { anchor: anchorPath, json }: Command): Promise<number> {
  const anchor = anchorPath === undefined ? undefined : readAnchor(anchorPath);
  const { heads, ...report } = await verifyAuditLog(client, { anchor, onProgress: showProgress });
  const well = report.problemCount === 0;
  if (well && anchorPath !== undefined) {
    writeAnchor(anchorPath, { noted_at: new Date().toISOString(), chains: heads });
  }
  if (json) process.stdout.write(`${JSON.stringify({ ok: well, ...report })}\n`);
  else {
    for (const problem of report.problems) process.stdout.write(`${problem}\n`);
    const verdict = well ? 'nothing is changed or missing' : `${report.problemCount} problems`;
    process.stdout.write(`${report.entries} entries in ${report.chains} chains: ${verdict}\n`);
  }
  return well ? 0 : 1;
}

async function run(command: Command): Promise<number> {
  try {
    return await withDatabase(command.databaseUrl, 'tradebase-audit', (client) => verify(client, command));
  } catch (error) {
    printFailure(describeFailure(error, command.databaseUrl), command.json);
    return 1;
  }
}

process.exitCode = await runCommandLine(HELP, readCommand, run);
