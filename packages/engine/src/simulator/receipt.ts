import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import type { OptionQuoteRow } from '../options/data-chain.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { ENGINE_VERSION } from '../versions.ts';
import { canonicalJson } from './canonical-json.ts';
import type { SimulationOptions } from './simulation-options.ts';

/** What made a result, and the result, as SHA-256 hashes: whoever has the same data, specification and engine can make it again. */
export interface Receipt {
  readonly engine_version: string;
  readonly seed: number;
  /** All candles and other columns, rules, splits, membership, and quotes of options. */
  readonly data_sha256: string;
  /** The strategy's specification as canonical JSON. */
  readonly spec_sha256: string;
  /** Starting capital and settings as canonical JSON. */
  readonly settings_sha256: string;
  /** Bytes of the times, equity and trades: the same on both paths. */
  readonly result_sha256: string;
}

/** What a receipt is of. `spec` is any JSON value that says what the strategy is: a specification, or a name and parameters. */
export interface ReceiptInput {
  readonly data: MarketData;
  readonly spec: unknown;
  readonly options: SimulationOptions;
  readonly result: SimulationResult;
  /** Quotes of options that were given besides. */
  readonly optionQuotes?: readonly OptionQuoteRow[];
}

const TRADE_COLUMNS = [
  'instrument',
  'direction',
  'entry_bar',
  'exit_bar',
  'entry_ts',
  'exit_ts',
  'entry_price',
  'exit_price',
  'quantity',
  'fee',
  'slippage',
  'carry',
  'pnl',
  'return_pct',
  'exit_reason',
] as const;

/** Hashes of everything that a result depends on, and of the result. */
export function makeReceipt({ data, spec, options, result, optionQuotes }: ReceiptInput): Receipt {
  const { initial_cash, settings, seed } = options;
  return {
    engine_version: ENGINE_VERSION,
    seed,
    data_sha256: hashData(data, optionQuotes),
    spec_sha256: hashText(canonicalJson(spec)),
    settings_sha256: hashText(canonicalJson({ initial_cash, settings })),
    result_sha256: hashResult(result),
  };
}

/** Names of the parts of a receipt that are not those of this input; none where the result was made again. */
export function verifyReceipt(receipt: Receipt, input: ReceiptInput): (keyof Receipt)[] {
  const made = makeReceipt(input);
  return Object.keys(made).filter((part): part is keyof Receipt => {
    const name = part as keyof Receipt;
    return made[name] !== receipt[name];
  });
}

function hashData({ instruments }: MarketData, optionQuotes: readonly OptionQuoteRow[] = []): string {
  const hash = sha256.create();
  for (const { symbol, timeframe, candles, rules, finer, columns = {}, splits, membership } of instruments) {
    const names = Object.keys(columns).sort();
    const bars = [candles.ts.length, finer?.candles.ts.length];
    hash.update(
      utf8ToBytes(canonicalJson([symbol, timeframe, bars, finer?.timeframe, names, rules, splits, membership])),
    );
    hashCandles(hash, candles);
    if (finer !== undefined) hashCandles(hash, finer.candles);
    for (const name of names) hashNumbers(hash, columns[name] ?? new Float64Array());
  }
  if (optionQuotes.length > 0) hashNumbers(hash, Float64Array.from(optionQuotes.flatMap(numbersOf)));
  return bytesToHex(hash.digest());
}

function numbersOf(row: OptionQuoteRow): number[] {
  const { date, expiry, right, strike, bid_open, ask_open, bid_close, ask_close } = row;
  return [date, expiry, right === 'call' ? 1 : -1, strike, bid_open, ask_open, bid_close, ask_close];
}

function hashCandles(hash: Hash, candles: Candles): void {
  for (const column of CANDLE_COLUMNS) hashNumbers(hash, candles[column]);
}

function hashResult({ ts, equity, trades }: SimulationResult): string {
  const hash = sha256.create().update(utf8ToBytes(canonicalJson([equity.length, trades.length])));
  hashNumbers(hash, ts);
  hashNumbers(hash, equity);
  for (const column of TRADE_COLUMNS) hashNumbers(hash, Float64Array.from(trades[column].subarray(0, trades.length)));
  return bytesToHex(hash.digest());
}

type Hash = ReturnType<typeof sha256.create>;

function hashText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

const CHUNK = 8192;
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Numbers as little-endian doubles on every machine, all NaNs alike: their bits are nobody's choice. */
function hashNumbers(hash: Hash, numbers: Float64Array): void {
  const part = new Float64Array(Math.min(CHUNK, numbers.length));
  const view = new DataView(part.buffer);
  for (let from = 0; from < numbers.length; from += CHUNK) {
    const length = Math.min(CHUNK, numbers.length - from);
    for (let i = 0; i < length; i++) {
      const number = numbers[from + i] as number;
      if (Number.isNaN(number)) view.setBigUint64(8 * i, 0x7ff8_0000_0000_0000n, true);
      else if (IS_LITTLE_ENDIAN) part[i] = number;
      else view.setFloat64(8 * i, number, true);
    }
    hash.update(new Uint8Array(part.buffer, 0, 8 * length));
  }
}
