import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '../../src/process/port-in-use.ts';
import { isRunning, type ProcessIdentity } from '../../src/process/process-identity.ts';
import type { StackState } from '../../src/state/stack-state.ts';
import { noteStackHome } from '../../src/testing/test-run.ts';
import { type Outcome, RunningCommand } from './running-command.ts';

/** Between looks at what sends no event. Looking all the time would take half of a small machine from what is waited for. */
const POLL_MS = 2;

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

/** The command line of the stack, with a state folder and ports of its own. */
export class StackCommand {
  readonly stateDir: string;
  readonly apiPort: number;
  readonly dbPort: number;

  private constructor(stateDir: string, apiPort: number, dbPort: number) {
    this.stateDir = stateDir;
    this.apiPort = apiPort;
    this.dbPort = dbPort;
  }

  static async create(): Promise<StackCommand> {
    const stateDir = mkdtempSync(join(tmpdir(), 'cli-'));
    // Its stack is a process of its own by design, and would survive a test run that is cut short.
    noteStackHome(stateDir);
    return new StackCommand(stateDir, await findFreePort(), await findFreePort());
  }

  /** Starts a command; `nodeArgs` are for Node itself. */
  spawn(args: string[], { cli = CLI, nodeArgs = [] as string[], stateDir = this.stateDir } = {}): RunningCommand {
    const child = spawn(process.execPath, [...nodeArgs, cli, ...args], {
      env: {
        ...process.env,
        TRADEBASE_STATE_DIR: stateDir,
        TRADEBASE_API_PORT: String(this.apiPort),
        TRADEBASE_DB_PORT: String(this.dbPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningCommand(child);
  }

  /** Runs a command to its end. */
  run(args: string[], options?: Parameters<StackCommand['spawn']>[1]): Promise<Outcome> {
    return this.spawn(args, options).outcome;
  }

  /** What `status --json` prints. */
  async status(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.run(['status', '--json'])).stdout);
  }

  /** What the running stack has noted about itself, or undefined when none has. */
  state(): StackState | undefined {
    const path = join(this.stateDir, 'stack.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StackState) : undefined;
  }

  /** The supervisor of the stack, as soon as there is one. */
  async supervisor(): Promise<ProcessIdentity> {
    for (;;) {
      const state = this.state();
      if (state) return state.supervisor;
      await delay(POLL_MS);
    }
  }

  /** What the stack in the background has written. */
  log(): string {
    return readFileSync(join(this.stateDir, 'stack.log'), 'utf8');
  }

  /** Every process of the running stack. */
  processes(): ProcessIdentity[] {
    const state = this.state();
    return state ? [state.supervisor, ...state.children] : [];
  }

  /** Stops the stack and deletes its state. */
  async remove(): Promise<void> {
    await this.run(['stop']);
    await this.run(['reset']);
  }
}

/** Resolves when a process of a stack has ended. */
export async function ended(identity: ProcessIdentity): Promise<void> {
  // A process that is not our child sends no event.
  while (isRunning(identity)) await delay(POLL_MS);
}
