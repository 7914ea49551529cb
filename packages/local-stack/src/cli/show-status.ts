import { loadStackKeys, openStackHome } from '../state/stack-home.ts';
import { readRunningState } from '../state/stack-state.ts';

const NOT_UP = 3;

/** Prints the URLs and keys of the running stack, for people or as JSON with the names that the Supabase CLI uses. */
export async function showStatus(projectDir: string, json: boolean): Promise<number> {
  const home = openStackHome(projectDir);
  const state = readRunningState(home.statePath);
  if (!state) {
    process.stdout.write(json ? '{"up":false}\n' : 'The stack is not up: npm run stack -- start\n');
    return NOT_UP;
  }
  const keys = await loadStackKeys(home);
  const values = {
    API_URL: state.apiUrl,
    DB_URL: state.databaseUrl,
    INBOX_URL: `${state.apiUrl}/inbox`,
    PUBLISHABLE_KEY: keys.publishableKey,
    SECRET_KEY: keys.secretKey,
    ANON_KEY: keys.anonKey,
    SERVICE_ROLE_KEY: keys.serviceRoleKey,
  };
  if (json) {
    process.stdout.write(`${JSON.stringify({ up: state.ready, pid: state.supervisor.pid, ...values }, null, 2)}\n`);
  } else {
    const lines = Object.entries(values).map(([name, value]) => `  ${name.padEnd(17)}${value}`);
    process.stdout.write(
      `The stack is ${state.ready ? 'up' : 'starting'} (pid ${state.supervisor.pid}).\n\n${lines.join('\n')}\n`,
    );
  }
  return 0;
}
