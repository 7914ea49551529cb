import { UsageError } from './parse-command-line.ts';

/**
 * Runs a command from its arguments to its exit code: its help where it is asked for, and on standard error, with exit
 * code 2, where a UsageError says that the command line is wrong.
 */
export async function runCommandLine<Command>(
  help: string,
  read: () => Command | 'help',
  run: (command: Command) => Promise<number>,
): Promise<number> {
  try {
    const command = read();
    if (command !== 'help') return await run(command);
    process.stdout.write(`${help.trimEnd()}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${help.trimEnd()}\n`);
    return 2;
  }
}
