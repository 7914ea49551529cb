import type { BacktestSettings, FeeModel } from '@tradebase/contracts';

/** What fills cost, in words: "fee 5 bps", and where options are traded "fee 5 bps, 0.65 a contract". */
export function describeFees({ fees, options }: BacktestSettings, tradesOptions: boolean): string {
  return tradesOptions ? `${feeOfFills(fees)}, ${options.fee_per_contract} a contract` : feeOfFills(fees);
}

function feeOfFills(fees: FeeModel): string {
  switch (fees.type) {
    case 'bps':
      return fees.maker_bps === fees.taker_bps
        ? `fee ${fees.taker_bps} bps${least(fees.minimum)}`
        : `fee ${fees.maker_bps} bps resting, ${fees.taker_bps} bps other${least(fees.minimum)}`;
    case 'per_share':
      return `fee ${fees.amount} a share${least(fees.minimum)}`;
    case 'per_trade':
      return `fee ${fees.amount} a fill`;
  }
}

function least(minimum: number): string {
  return minimum > 0 ? `, at least ${minimum}` : '';
}
