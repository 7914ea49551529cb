import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../src/simulator/canonical-json.ts';
import { makeReceipt, type Receipt, verifyReceipt } from '../src/simulator/receipt.ts';
import { simulate } from '../src/simulator/simulate-events.ts';
import { candlesOfCloses, fixedRandom } from './support/made-up-candles.ts';
import { evaluatePlan, marketOf, optionsOf, smaCross } from './support/rule-double.ts';

describe('the hash', () => {
  it('of a value does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 2, c: null }], a: undefined })).toBe('{"b":[1,{"c":null,"d":2}]}');
  });
});

describe('a receipt', () => {
  it('has the SHA-256 of the specification as canonical JSON', () => {
    expect(receipt.spec_sha256).toBe(createHash('sha256').update('{"sma":5}').digest('hex'));
  });

  const random = fixedRandom(3);
  const closes = Array.from({ length: 300 }, () => 90 + 20 * random());
  const make = (closes: readonly number[], fast = 5, cash = 1000, seed = 0) => {
    const data = marketOf(candlesOfCloses(closes), { columns: { score: Float64Array.of(NaN, ...closes.slice(1)) } });
    const options = { ...optionsOf({}, cash), seed };
    return {
      data,
      options,
      spec: { sma: fast },
      result: simulate(smaCross(fast, 20), data, options, { evaluatePlan }),
    };
  };
  const input = make(closes);
  const receipt = makeReceipt(input);

  it('is the same for the same input, made again', () => {
    expect(verifyReceipt(receipt, make(closes))).toEqual([]);
    expect(input.result.trades.length).toBeGreaterThan(2);
  });

  it('tells what is not the same', () => {
    const differs = (other: ReturnType<typeof make>): (keyof Receipt)[] => verifyReceipt(receipt, other);
    expect(differs(make(closes.map((close) => 1.01 * close)))).toEqual(['data_sha256', 'result_sha256']);
    expect(differs(make(closes, 6))).toEqual(['spec_sha256', 'result_sha256']);
    expect(differs(make(closes, 5, 1001))).toEqual(['settings_sha256', 'result_sha256']);
    expect(differs(make(closes, 5, 1000, 1))).toEqual(['seed']);
  });
});
