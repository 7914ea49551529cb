import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/** Parses the arguments of a command. Throws UsageError for options that it does not have. */
export function parseCommandLine<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
