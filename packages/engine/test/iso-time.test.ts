import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from '../src/simulator/iso-time.ts';

describe('isoTime', () => {
  it('writes every date as Date.toISOString does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ms) => {
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      }),
      { numRuns: 500 },
    );
    for (let day = Date.UTC(1899, 0, 1); day < Date.UTC(2101, 0, 1); day += 86_400_000) {
      if (isoTime(day + 86_399_999) !== new Date(day + 86_399_999).toISOString()) expect.fail(`wrong on day ${day}`);
    }
  });

  it('has no seam at 1970 or where years grow to more than four digits', () => {
    for (const ms of [-1, 0, -62_167_219_200_001, -62_167_219_200_000, 253_402_300_799_999, 253_402_300_800_000, 0.5]) {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }
  });
});
