import { describe, expect, it } from 'vitest';
import { barEndMs } from '../src/index.ts';

const endOf = (open: string) => new Date(barEndMs(Date.parse(open), '1mo')).toISOString();

describe('The end of a bar', () => {
  it('is its length after its open', () => {
    expect(barEndMs(1_000, '1m')).toBe(61_000);
    expect(barEndMs(0, '1w')).toBe(7 * 86_400_000);
  });

  it('is that of the calendar for a month, leap years included', () => {
    expect(endOf('2024-02-01T00:00Z')).toBe('2024-03-01T00:00:00.000Z');
    expect(endOf('2023-12-01T00:00Z')).toBe('2024-01-01T00:00:00.000Z');
  });

  it('is at the same midnight of the exchange, east and west of Greenwich', () => {
    expect(endOf('2024-01-01T05:00Z')).toBe('2024-02-01T05:00:00.000Z');
    expect(endOf('2023-12-31T15:00Z')).toBe('2024-01-31T15:00:00.000Z');
    expect(endOf('2024-01-31T15:00Z')).toBe('2024-02-29T15:00:00.000Z');
  });

  it('is that of the month of a bar stamped with its first trading day', () => {
    expect(endOf('2024-01-02T14:30Z')).toBe('2024-02-01T00:00:00.000Z');
  });
});
