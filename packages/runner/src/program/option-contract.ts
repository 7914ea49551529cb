/** An option as the ledger names it. */
export interface LedgerContract {
  /** As exchanges write it: underlying, last trading day, right, strike times 1000: `SPY240119P00095000`. */
  readonly symbol: string;
  readonly option_details: {
    readonly underlying: string;
    readonly right: 'call' | 'put';
    readonly strike: number;
    /** Last trading day, as `2024-01-19`. */
    readonly expiry: string;
  };
}

const STRIKE_DIGITS = 8;

/** @param contract last trading day, strike and right, as sessions name them: `2024-01-19 95 put` */
export function ledgerContract(underlying: string, contract: string): LedgerContract {
  const [expiry = '', strikeText = '', rightText] = contract.split(' ');
  const right = rightText === 'call' ? 'call' : 'put';
  const day = expiry.replaceAll('-', '').slice(2);
  const thousandths = Math.round(Number(strikeText) * 10_000) / 10;
  // Strikes that exchanges do not have, of splits for instance, are written out.
  const isWhole = Number.isInteger(thousandths) && thousandths < 10 ** STRIKE_DIGITS;
  const strike = isWhole ? String(thousandths).padStart(STRIKE_DIGITS, '0') : strikeText;
  return {
    symbol: `${underlying}${day}${right === 'call' ? 'C' : 'P'}${strike}`,
    option_details: { underlying, right, strike: Number(strikeText), expiry },
  };
}

/** What a position, or a fill, is called in the ledger. */
export function ledgerSymbol({ symbol, contract }: { symbol: string; contract: string | null }): string {
  return contract === null ? symbol : ledgerContract(symbol, contract).symbol;
}
