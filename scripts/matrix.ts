// npm run matrix: proves who can do what to whose rows, for everything that the Data API exposes.
import { shareTestServer, startStack } from '@tradebase/local-stack/testing';
import { parseCommandLine, UsageError } from './command-line/parse-command-line.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { PERSONAS, type Persona } from './matrix/expectation.ts';
import { loadExpectations } from './matrix/load-expectations.ts';
import { runMatrix } from './matrix/run-matrix.ts';

const HELP = `Usage: npm run matrix [-- options]

Boots a stack of its own and tries every exposed table, function and Realtime topic as every persona, through PostgREST
and Realtime with supabase-js; compares with scripts/matrix/expectations. A table or function without an expectation
fails, and so does an expectation without its table. Failures are lines on standard error; the result is one JSON line.

      --table NAME      only this table
      --persona NAME    only this one of ${PERSONAS.join(' ')}
  -h, --help            print this

Exit code: 0 as expected, 1 not, 2 wrong usage.
`;

interface Command {
  readonly table: string | undefined;
  readonly persona: Persona | undefined;
}

function readCommand(): Command | 'help' {
  const options = {
    table: { type: 'string' },
    persona: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values } = parseCommandLine({ options });
  if (values.help) return 'help';
  const persona = PERSONAS.find((name) => name === values.persona);
  if (values.persona !== undefined && persona === undefined)
    throw new UsageError(`there is no persona ${values.persona}`);
  return { table: values.table, persona };
}

function showProgress(phase: string, done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${phase} ${done}/${of}${done === of ? '\r\x1b[K' : ''}`);
}

async function run(command: Command): Promise<number> {
  const expectations = await loadExpectations();
  if (command.table !== undefined && !expectations.tables.has(command.table)) {
    throw new UsageError(`no expectation names the table ${command.table}`);
  }
  const server = await shareTestServer();
  try {
    const stack = await startStack();
    try {
      const { result, failures } = await runMatrix(stack, expectations, { ...command, onProgress: showProgress });
      for (const failure of failures) process.stderr.write(`${failure}\n`);
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return result.failed + result.skipped === 0 ? 0 : 1;
    } finally {
      await stack.stop();
    }
  } finally {
    await server.stop();
  }
}

process.exitCode = await runCommandLine(HELP, readCommand, run);
