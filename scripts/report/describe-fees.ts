import type { FeeModel } from '@tradebase/contracts';

/** What fills cost, in words: "fee 5 bps". */
export function describeFees(fees: FeeModel): string {
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
