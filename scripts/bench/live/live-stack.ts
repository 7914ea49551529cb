import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackAddress } from '@tradebase/local-stack/testing';
import { liftLimits } from '../../../packages/client/test/support/lift-limits.ts';
import { StackCommand } from '../../../packages/local-stack/test/support/stack-command.ts';
import { type MemoryOfParts, memoryOf } from './memory-of.ts';

/** The stack as an operator starts it: processes of its own, a database that survives a crash, no quotas. */
export class LiveStack implements StackAddress {
  readonly apiUrl: string;
  readonly keys: StackAddress['keys'];
  readonly #databaseUrl: string;
  readonly #command: StackCommand;

  private constructor(command: StackCommand, status: Record<string, unknown>) {
    this.#command = command;
    this.apiUrl = String(status.API_URL);
    this.#databaseUrl = String(status.DB_URL);
    this.keys = JSON.parse(readFileSync(join(command.stateDir, 'keys.json'), 'utf8')) as StackAddress['keys'];
  }

  static async start(): Promise<LiveStack> {
    const command = await StackCommand.create();
    const { code, stderr } = await command.run(['start']);
    if (code !== 0) throw new Error(`the stack did not start: ${stderr}`);
    const stack = new LiveStack(command, await command.status());
    await liftLimits(stack);
    return stack;
  }

  /** For the role of the migrations alone. */
  databaseUrl(role = 'postgres'): string {
    if (role !== 'postgres') throw new Error(`there is no URL for ${role} here`);
    return this.#databaseUrl;
  }

  /** MB that each part of the stack takes now. */
  memory(): MemoryOfParts {
    return memoryOf(this.#command.processes());
  }

  async stop(): Promise<void> {
    await this.#command.remove();
  }
}
