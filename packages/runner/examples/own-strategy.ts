// A runner for a strategy of one's own, with the SDK alone: it buys when a bar closes above the 20 closes before it, sells when one
// closes below the 10 before it, and fills at that close. For PAPER bots of one symbol, on stored candles: as they come, or again
// from a day on.
//
//   TRADEBASE_URL=... TRADEBASE_PUBLISHABLE_KEY=... TRADEBASE_API_KEY=tb_... node packages/runner/examples/own-strategy.ts [2024-01-02]
import { barEndMs, type RunHolding, type RunnerLease, timeframeLengthMs } from '@tradebase/contracts';
import {
  CandleReader,
  connectRunner,
  isOpenStatus,
  ReplayFeed,
  type Run,
  type RunLedger,
  RunnerError,
  readRunLedger,
  StoredFeed,
  systemClock,
} from '@tradebase/runner';

/** The strategy. A function of what it is given: after a crash it decides again as it did. */
function wantsToHold(closes: readonly number[], isHolding: boolean): boolean {
  const close = closes.at(-1) ?? 0;
  if (isHolding) return close >= Math.min(...closes.slice(-11, -1));
  return closes.length > 20 && close > Math.max(...closes.slice(-21, -1));
}

/** One run. On paper nobody knows better than the ledger what it holds, so it begins with that. */
class Trading {
  readonly #run: Run;
  readonly #config: RunnerLease['config'];
  readonly #symbol: string;
  readonly #timeframe: NonNullable<RunnerLease['config']['timeframe']>;
  readonly #working: string[];
  readonly #halt = new AbortController();
  readonly #closes: number[] = [];
  #next_ms: number;
  #quantity: number;
  #loop: Promise<void> = Promise.resolve();

  constructor(run: Run, { config, started_at }: RunnerLease, { positions, orders, last_bar_at_ms }: RunLedger) {
    const [symbol = ''] = config.symbols;
    if (config.mode !== 'PAPER' || config.symbols.length > 1 || config.timeframe === null)
      throw new RunnerError('invalid_config', 'this runner trades one symbol, on paper, and needs a timeframe');
    this.#run = run;
    this.#config = config;
    this.#symbol = symbol;
    this.#timeframe = config.timeframe;
    this.#quantity = positions[0]?.quantity ?? 0;
    this.#working = [...orders].filter(([, { status }]) => isOpenStatus(status)).map(([name]) => name);
    this.#next_ms = Math.max(feed.startOf(Date.parse(started_at)), last_bar_at_ms);
  }

  get holding(): RunHolding {
    const positions = this.#quantity === 0 ? [] : [{ symbol: this.#symbol, quantity: this.#quantity }];
    return { positions, open_orders: this.#working };
  }

  get botId(): string {
    return this.#run.botId;
  }

  start(): void {
    this.#loop = this.#trade().catch(async (error: unknown) => {
      if (this.#halt.signal.aborted || this.#run.signal.aborted) return;
      // The bot goes into the status error, and its owner decides.
      const at = new Date().toISOString();
      await this.#run.report({ kind: 'error', code: 'strategy_failed', message: String(error), is_fatal: true, at });
    });
  }

  /** Ends in the middle of a bar, perhaps: that bar is done again by whoever goes on. */
  async halt(): Promise<void> {
    this.#halt.abort(new RunnerError('run_stopped', 'the run is stopped or taken up anew'));
    await this.#loop;
  }

  /** Closes all, and ends the run. */
  async stop(): Promise<void> {
    await this.halt();
    if (this.#closes.length === 0) await this.#readPast();
    const at = new Date(this.#next_ms).toISOString();
    for (const client_order_id of this.#working)
      await this.#run.report({ kind: 'order', client_order_id, status: 'cancelled', at });
    if (this.#quantity > 0) await this.#sell('stop', at);
    await this.#run.report({ kind: 'run_ended', status: 'stopped', at });
    await this.#run.flush();
    await this.#run.end(new RunnerError('run_stopped', 'the bot was stopped'), { keepSpool: false });
  }

  async #trade(): Promise<void> {
    await this.#readPast();
    const signal = AbortSignal.any([this.#run.signal, this.#halt.signal]);
    const request = { symbols: [this.#symbol], timeframe: this.#timeframe, seen_until_ms: -Infinity, signal };
    for await (const { bars } of feed.bars({ ...request, from_ms: this.#next_ms })) {
      for (const bar of bars) {
        this.#closes.push(bar.close);
        const at = new Date(barEndMs(bar.ts, this.#timeframe)).toISOString();
        const isWanted = wantsToHold(this.#closes, this.#quantity > 0);
        if (isWanted && this.#quantity === 0) await this.#buy(at, signal);
        if (!isWanted && this.#quantity > 0) await this.#sell(at, at);
        const mark = { kind: 'mark', symbol: this.#symbol, price: bar.close, at } as const;
        await this.#run.report(...(this.#quantity > 0 ? [mark] : []), { kind: 'bar', at });
        this.#next_ms = Date.parse(at);
      }
    }
  }

  /** Bars before the one that comes next. */
  async #readPast(): Promise<void> {
    const from_ms = this.#next_ms - 60 * timeframeLengthMs(this.#timeframe);
    const bars = await feed.history(this.#symbol, this.#timeframe, from_ms, this.#next_ms);
    this.#closes.push(...bars.map(({ close }) => close));
  }

  /** What opens passes the gate first. The name comes from the bar, so that after a crash it is the same order, and the same fill. */
  async #buy(at: string, signal: AbortSignal): Promise<void> {
    const price = this.#closes.at(-1) ?? 0;
    const order = { ...this.#order(at), side: 'buy' as const };
    const quantity = Math.floor((this.#config.initial_balance ?? 0) / price);
    if (quantity === 0) return;
    const intent = { ...order, quantity, type: 'market' as const, reference_price: price, at };
    const [decision] = await this.#run.submit([intent], signal);
    if (!decision?.accepted) return;
    await this.#run.report({ kind: 'fill', ...order, external_id: order.client_order_id, quantity, price, at });
    this.#quantity = quantity;
  }

  /** What only reduces needs no leave: the report makes the order. */
  async #sell(name: string, at: string): Promise<void> {
    const { client_order_id, symbol } = this.#order(name);
    const terms = { symbol, side: 'sell', quantity: this.#quantity } as const;
    const price = this.#closes.at(-1) ?? 0;
    await this.#run.report(
      { kind: 'order', client_order_id, status: 'submitted', terms: { ...terms, type: 'market' }, at },
      { kind: 'fill', client_order_id, external_id: client_order_id, ...terms, price, at },
      {
        kind: 'log',
        level: 'INFO',
        message: `Sold ${this.#quantity} ${symbol} at ${price}`,
        at: new Date().toISOString(),
      },
    );
    this.#quantity = 0;
  }

  #order(name: string) {
    return { client_order_id: `${this.#run.runId.slice(0, 8)}-${name}`, symbol: this.#symbol };
  }
}

const {
  TRADEBASE_URL: url = '',
  TRADEBASE_PUBLISHABLE_KEY: publishableKey = '',
  TRADEBASE_API_KEY: apiKey = '',
} = process.env;
const onTrouble = ({ code, message }: RunnerError) => console.error(`${message} (${code}); trying again`);
const runner = await connectRunner({ url, publishableKey, apiKey, version: '1.0.0', onTrouble });
const interrupted = new AbortController();
const reader = new CandleReader(runner.server, interrupted.signal);
const [, , from] = process.argv;
const feed =
  from === undefined
    ? new StoredFeed(reader, systemClock)
    : new ReplayFeed(reader, systemClock, { from_ms: Date.parse(from), to_ms: Date.now(), speed: Infinity });
const tradings = new Map<string, Trading>();

await runner.start({
  async attach(run, lease) {
    await tradings.get(run.runId)?.halt();
    await run.flush();
    const trading = new Trading(run, lease, await readRunLedger(runner.server, run));
    tradings.set(run.runId, trading);
    return trading.holding;
  },
  proceed(run, { matched }) {
    if (matched) tradings.get(run.runId)?.start();
  },
  release(run) {
    tradings.get(run.runId)?.halt();
    tradings.delete(run.runId);
  },
  // While a bot is paused or halted the gate refuses what opens, so that there is nothing to be done for it here.
  async execute(command) {
    if (command.type === 'start_bot') {
      const lease = (await runner.config()).leases.find(({ run_id }) => run_id === command.payload.run_id);
      if (!lease) throw new RunnerError('not_held', 'the bot was given to another runner');
      const run = await runner.hold(lease);
      await runner.reconcile(run, await this.attach(run, lease));
    }
    if (command.type === 'stop_bot') await tradings.get(command.payload.run_id)?.stop();
    if (command.type === 'emergency_stop' && command.payload.close_positions) {
      const meant = [...tradings.values()].filter(({ botId }) => command.bot_id === null || botId === command.bot_id);
      await Promise.all(meant.map((trading) => trading.stop()));
    }
  },
});
console.log('ready: start a bot');
process.once('SIGINT', () => runner.stop());
process.once('SIGTERM', () => runner.stop());
const reason = await runner.ended;
interrupted.abort();
if (reason) console.error(`${reason.message} (${reason.code})`);
process.exit(reason ? 1 : 0);
