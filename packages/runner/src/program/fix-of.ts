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
  not_found: 'Give --url without a path, as "npm start" prints it.',
  unexpected_answer: 'Is --url the address of the stack, as "npm start" prints it?',
};

/** How to put an error right; undefined where nobody knows. */
export function fixOf({ code, fix }: RunnerError): string | undefined {
  return fix ?? FIXES[code];
}
