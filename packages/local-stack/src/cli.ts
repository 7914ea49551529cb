import { parseArgs } from 'node:util';
import { resetStack } from './cli/reset-stack.ts';
import { showStatus } from './cli/show-status.ts';
import { startInBackground, startInForeground } from './cli/start-stack.ts';
import { stopStack } from './cli/stop-stack.ts';
import { findProjectDir } from './config/stack-config.ts';

const HELP = `Supabase from npm packages, for development: Postgres, REST, Auth, Realtime and Functions behind one gateway.

Usage: npm run stack -- <command> [options]

  start     start the stack in the background and print its URLs and keys
              --foreground   stay attached; Ctrl-C stops it
  stop      stop it; the data stays
  status    print its URLs and keys (--json for programs); exit code 3 when it is not up
  reset     delete the database, the keys and the reports, and start anew if it was up

Ports are those of supabase/config.toml; state and logs are in .tradebase/.
`;

const OPTIONS = {
  foreground: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

async function main(argv: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [command, ...rest] = positionals;
  if (values.help || command === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const projectDir = findProjectDir(import.meta.dirname);
  if (rest.length === 0) {
    switch (command) {
      case 'start':
        return values.foreground ? startInForeground(projectDir) : startInBackground(projectDir);
      case 'stop':
        return stopStack(projectDir);
      case 'status':
        return showStatus(projectDir, values.json);
      case 'reset':
        return resetStack(projectDir);
    }
  }
  process.stderr.write(HELP);
  return 2;
}

function parse(argv: string[]) {
  return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
