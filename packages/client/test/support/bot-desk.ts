import { BotControl } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { asPostgres } from './as-role.ts';
import { liftLimits } from './lift-limits.ts';
import { type Persona, signUp } from './personas.ts';
import { acknowledgeAll, type SeededRunner, seedRunner } from './seed-runner.ts';
import { makeBot } from './seed-trading.ts';

type Action = 'start_bot' | 'stop_bot' | 'pause_bot' | 'resume_bot';

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
type Row = any;

/** A stack, an owner of bots with one runner, somebody else, and a bot that is made anew for each test. */
export class BotDesk {
  /** Of the bot that is controlled and asked about. */
  botId = '';
  #parts: { stack: TestStack; owner: Persona; other: Persona; runner: SeededRunner } | undefined;
  #bots = 0;

  constructor() {
    beforeAll(async () => {
      const stack = await startStack();
      await liftLimits(stack);
      const [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
      this.#parts = { stack, owner, other, runner: await seedRunner(stack, owner, 'machine') };
    });
    afterAll(() => this.#parts?.stack.stop());
    beforeEach(async () => {
      this.#bots += 1;
      this.botId = await makeBot(this.owner, { name: `Bot ${this.#bots}` });
    });
  }

  get #there() {
    if (!this.#parts) throw new Error('the stack is not there yet');
    return this.#parts;
  }

  get stack(): TestStack {
    return this.#there.stack;
  }

  get owner(): Persona {
    return this.#there.owner;
  }

  get other(): Persona {
    return this.#there.other;
  }

  get runner(): SeededRunner {
    return this.#there.runner;
  }

  async control({ client }: Pick<Persona, 'client'>, action: Action, more: object = {}): Promise<BotControl> {
    const { data, error } = await client.rpc(action, { p_bot_id: this.botId, ...more });
    if (error) throw error;
    return BotControl.parse(data);
  }

  /** The status and the code of the answer to what is refused. */
  async refusal({ client }: Pick<Persona, 'client'>, action: Action, more: object = {}) {
    const { error, status } = await client.rpc(action, { p_bot_id: this.botId, ...more });
    return [status, error?.code];
  }

  /** Rows of a statement about the bot, unless it is given other values. */
  async query(statement: string, values: unknown[] = [this.botId]): Promise<Row[]> {
    return asPostgres(this.stack, async (postgres) => (await postgres.query(statement, values)).rows);
  }

  async statusOf(id = this.botId): Promise<string> {
    const [bot] = await this.query('select status from public.bots where id = $1', [id]);
    return bot.status;
  }

  async leaseOf(): Promise<Row> {
    return (await this.query('select * from public.bot_leases where bot_id = $1'))[0];
  }

  runsOf(): Promise<Row[]> {
    return this.query('select id, status from public.trading_runs where bot_id = $1 order by created_at');
  }

  openCommands(): Promise<Row[]> {
    return this.query(
      `select type, payload from public.runner_commands where bot_id = $1 and status in ('queued', 'delivered') order by seq`,
    );
  }

  async startAndRun(): Promise<void> {
    await this.control(this.owner, 'start_bot');
    await acknowledgeAll(this.stack, this.runner.sessionId);
  }
}
