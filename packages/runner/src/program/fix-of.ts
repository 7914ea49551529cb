import type { RunnerError } from '../sdk/runner-error.ts';

/** What would put right what the server refuses, where the error does not say so itself. */
const FIXES: Readonly<Record<string, string>> = {
  invalid_api_key:
    'Make another API key with the permissions runner:connect and runner:execute: POST functions/v1/api/keys.',
  invalid_publishable_key: 'Give --publishable-key as "npm start" or the dashboard of the project shows it.',
  forbidden: 'Make an API key with the permissions runner:connect and runner:execute: POST functions/v1/api/keys.',
  ip_not_allowed: 'Make an API key whose ip_allowlist has the address of this machine, or none.',
  runner_superseded:
    'Another process has connected as this machine. Stop one of them, or give one a folder of its own with --state-dir.',
  runner_not_connected:
    'The server had given this runner up as offline, and it connects anew by itself. Bots that held something do as their offline_policy says; the others are started by their owner: POST functions/v1/api/bots/:id/start.',
  network_unreachable: 'Check the network and --url. Bots keep what they hold, and go on when the server is back.',
  stale_lease:
    'To have it here again, stop it, and start it on this runner: POST functions/v1/api/bots/:id/start with its runner_session_id.',
  not_found: 'Give --url without a path, as "npm start" prints it.',
  unexpected_answer: 'Is --url the address of the stack, as "npm start" prints it?',
};

/** How to put an error right; undefined where nobody knows. */
export function fixOf({ code, fix }: RunnerError): string | undefined {
  return fix ?? FIXES[code];
}
