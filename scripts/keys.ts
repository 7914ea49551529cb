// npm run keys -- generate: makes and changes the keys that encrypt exchange credentials.
import { describeFailure, printFailure } from './command-line/describe-failure.ts';
import { runCommandLine } from './command-line/run-command-line.ts';
import { KEYS_HELP, type KeysCommand, readKeysCommand } from './keys/keys-command.ts';
import { runKeysCommand } from './keys/run-keys-command.ts';

async function run(command: KeysCommand): Promise<number> {
  try {
    const { result, text } = await runKeysCommand(command);
    console.log(command.json ? JSON.stringify(result) : text.trimEnd());
    return 0;
  } catch (error) {
    printFailure(describeFailure(error, command.databaseUrl), command.json);
    return 1;
  }
}

process.exitCode = await runCommandLine(KEYS_HELP, () => readKeysCommand(process.argv.slice(2), process.env), run);
