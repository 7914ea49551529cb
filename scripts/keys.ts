// npm run keys -- generate: makes and changes the keys that encrypt exchange credentials.
import { KEYS_HELP, type KeysCommand, readKeysCommand, UsageError } from './keys/keys-command.ts';
import { runKeysCommand } from './keys/run-keys-command.ts';

async function main(): Promise<number> {
  let command: KeysCommand | 'help';
  try {
    command = readKeysCommand(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${KEYS_HELP}`);
    return 2;
  }
  if (command === 'help') {
    console.log(KEYS_HELP);
    return 0;
  }
  try {
    const { result, text } = await runKeysCommand(command);
    console.log(command.json ? JSON.stringify(result) : text.trimEnd());
    return 0;
  } catch (error) {
    const message = describe(error);
    if (command.json) console.log(JSON.stringify({ error: { message } }));
    else console.error(`Error: ${message}`);
    return 1;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return 'no database answers; is the stack up? npm run stack -- start';
  if (code === '42883' || code === '42P01') return `${error.message}; have the migrations run?`;
  return error.message;
}

process.exitCode = await main();
