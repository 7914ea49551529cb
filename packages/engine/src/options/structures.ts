import { EngineError } from '../engine-error.ts';
import type { OptionRight } from './option-terms.ts';

/** A leg of a structure, a unit: quantities are multiplied by how many of it are traded. */
export interface StructureLeg {
  readonly right: OptionRight;
  readonly strike: number;
  /** Contracts, below 0 when sold. */
  readonly quantity: number;
}

/** Buys one strike and sells another of the same right: for a debit where the first is worth more, else for a credit. */
export function vertical(right: OptionRight, boughtStrike: number, soldStrike: number): StructureLeg[] {
  if (boughtStrike === soldStrike) refuse(`a vertical needs two strikes, not ${boughtStrike} twice`);
  return [
    { right, strike: boughtStrike, quantity: 1 },
    { right, strike: soldStrike, quantity: -1 },
  ];
}

/** Buys a call and a put at one strike. */
export function straddle(strike: number): StructureLeg[] {
  return [
    { right: 'call', strike, quantity: 1 },
    { right: 'put', strike, quantity: 1 },
  ];
}

/** Buys a put below and a call above. */
export function strangle(putStrike: number, callStrike: number): StructureLeg[] {
  ascend('a strangle', [putStrike, callStrike]);
  return [
    { right: 'put', strike: putStrike, quantity: 1 },
    { right: 'call', strike: callStrike, quantity: 1 },
  ];
}

/** Buys one of each wing and sells two of the body. */
export function butterfly(right: OptionRight, lower: number, body: number, upper: number): StructureLeg[] {
  ascend('a butterfly', [lower, body, upper]);
  return [
    { right, strike: lower, quantity: 1 },
    { right, strike: body, quantity: -2 },
    { right, strike: upper, quantity: 1 },
  ];
}

/** Sells a put and a call and buys a put further below and a call further above. */
export function ironCondor(longPut: number, shortPut: number, shortCall: number, longCall: number): StructureLeg[] {
  ascend('an iron condor', [longPut, shortPut, shortCall, longCall]);
  return [
    { right: 'put', strike: longPut, quantity: 1 },
    { right: 'put', strike: shortPut, quantity: -1 },
    { right: 'call', strike: shortCall, quantity: -1 },
    { right: 'call', strike: longCall, quantity: 1 },
  ];
}

/** Sells a call on shares that are held: `multiplier` of them for each. */
export function coveredCall(strike: number): StructureLeg[] {
  return [{ right: 'call', strike, quantity: -1 }];
}

/** Sells a put, with the cash at hand to take the shares. */
export function cashSecuredPut(strike: number): StructureLeg[] {
  return [{ right: 'put', strike, quantity: -1 }];
}

/** The same the other way round. */
export function reversed(legs: readonly StructureLeg[]): StructureLeg[] {
  return legs.map((leg) => ({ ...leg, quantity: -leg.quantity }));
}

function ascend(structure: string, strikes: readonly number[]): void {
  const ordered = strikes.every((strike, i) => i === 0 || strike > (strikes[i - 1] ?? NaN));
  if (!ordered) refuse(`${structure} needs strikes that ascend; these are ${strikes.join(', ')}`);
}

function refuse(message: string): never {
  throw new EngineError('invalid_option', message);
}
