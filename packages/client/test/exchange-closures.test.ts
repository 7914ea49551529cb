import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { liftLimits } from './support/lift-limits.ts';
import { newYorkClosures } from './support/new-york-closures.ts';
import { type Persona, signUp } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';

/** Days on which exchanges are closed or close early, for the bots that follow them. */
let stack: TestStack;
let owner: Persona;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
});

afterAll(() => stack?.stop());

const sql = (statement: string, values: unknown[] = []) =>
  asPostgres(stack, async (postgres) => (await postgres.query(statement, values)).rows);

/** Of which of the times a bot with this schedule may trade. */
async function openAt(schedule: Record<string, unknown>, times: readonly string[]): Promise<string[]> {
  const bot = await makeBot(owner, { name: crypto.randomUUID(), ...schedule });
  const rows = await sql(
    `select t.said from unnest($2::text[]) with ordinality t (said, place), public.bots b
     where b.id = $1 and private.in_schedule(b, t.said::timestamptz) order by t.place`,
    [bot, times],
  );
  return rows.map(({ said }) => said);
}

async function closuresOf(exchange: string) {
  const { data } = await owner.client
    .from('exchange_closures')
    .select('day, closes_at')
    .eq('exchange', exchange)
    .order('day')
    .throwOnError();
  return data.map(({ day, closes_at }) => `${day}${closes_at === null ? '' : ` until ${closes_at.slice(0, 5)}`}`);
}

describe('The closures that are listed', () => {
  it('of New York follow its rules from 2020 to 2030, with the days of mourning', async () => {
    const expected = Array.from({ length: 11 }, (_, index) => newYorkClosures(2020 + index)).flat();
    expected.push('2025-01-09');
    expect(await closuresOf('NYSE')).toEqual(expected.toSorted());
    expect(await closuresOf('NASDAQ')).toEqual(expected.toSorted());
  });

  it.each([
    ['LSE', ['2022-06-03', '2022-09-19', '2022-12-23 until 12:30', '2022-12-27', '2023-05-08', '2027-12-28']],
    ['XETRA', ['2021-05-24', '2022-12-26', '2024-12-24', '2028-12-29 until 14:00', '2030-12-31']],
    ['CME', ['2022-06-20 until 12:00', '2024-03-29', '2026-04-03 until 08:15', '2026-11-27 until 12:15']],
  ])('of %s have its own holidays', async (exchange, some) => {
    expect(await closuresOf(exchange)).toEqual(expect.arrayContaining(some));
  });

  it('fall on weekdays, are no longer than a session, and leave out no year', async () => {
    expect(
      await sql(`
        select c.* from public.exchange_closures c join public.exchange_sessions s using (exchange)
        where extract(isodow from c.day) > 5 or c.closes_at >= s.end_time or (s.start_time < s.end_time and c.closes_at <= s.start_time)`),
    ).toEqual([]);
    expect(
      await sql(`
        select s.exchange, count(distinct extract(year from c.day))::int as years, s.closures_from::text as from, s.closures_until::text as until
        from public.exchange_sessions s left join public.exchange_closures c using (exchange) group by s.exchange order by s.exchange`),
    ).toEqual(
      ['CME', 'CRYPTO', 'FX', 'LSE', 'NASDAQ', 'NYSE', 'XETRA'].map((exchange) =>
        ['CRYPTO', 'FX'].includes(exchange)
          ? { exchange, years: 0, from: null, until: null }
          : { exchange, years: 11, from: '2020-01-01', until: '2030-12-31' },
      ),
    );
  });
});

describe('A bot that follows an exchange', () => {
  it('is in no session on a holiday', async () => {
    const times = ['2026-11-25T15:00Z', '2026-11-26T15:00Z', '2026-11-27T15:00Z'];
    expect(await openAt({ schedule_exchange: 'NYSE' }, times)).toEqual([times[0], times[2]]);
    expect(await openAt({ schedule_exchange: 'XETRA' }, ['2024-12-24T10:00Z', '2024-12-27T10:00Z'])).toEqual([
      '2024-12-27T10:00Z',
    ]);
  });

  it('is in session until the early close of a half day, by the clock of the exchange in summer and winter', async () => {
    // 13:00 in New York; the days after close at 16:00.
    const summer = ['2024-07-03T13:30Z', '2024-07-03T16:59:59Z', '2024-07-03T17:00Z', '2024-07-05T19:59Z'];
    const winter = ['2024-11-29T14:30Z', '2024-11-29T17:59:59Z', '2024-11-29T18:00Z', '2024-12-02T20:59Z'];
    for (const times of [summer, winter]) {
      expect(await openAt({ schedule_exchange: 'NYSE' }, times)).toEqual([times[0], times[1], times[3]]);
    }
  });

  it('goes by the clock on the wall when that changes around a holiday', async () => {
    // Summer time began between Good Friday, 29 March 2024, and Easter Monday in London.
    const times = ['2024-03-28T16:29Z', '2024-03-29T10:00Z', '2024-04-01T10:00Z', '2024-04-02T07:00Z'];
    expect(await openAt({ schedule_exchange: 'LSE' }, times)).toEqual([times[0], times[3]]);
  });

  it('of a session over midnight keeps the closure of the day on which that ends', async () => {
    const open = '2026-11-25T23:00Z';
    // In Chicago: Wednesday 17:00, Thursday 11:59, 12:00 and 15:59, Thursday 17:00, Friday 12:14 and 12:15.
    const thanksgiving = [
      open,
      '2026-11-26T17:59Z',
      '2026-11-26T18:00Z',
      '2026-11-26T21:59Z',
      '2026-11-26T23:00Z',
      '2026-11-27T18:14Z',
      '2026-11-27T18:15Z',
    ];
    expect(await openAt({ schedule_exchange: 'CME' }, thanksgiving)).toEqual(
      [0, 1, 4, 5].map((index) => thanksgiving[index]),
    );
    // The session that would end on Christmas Day does not begin on Christmas Eve, and the next one does on Christmas Day.
    const christmas = ['2025-12-24T18:14Z', '2025-12-24T23:00Z', '2025-12-25T15:00Z', '2025-12-25T23:00Z'];
    expect(await openAt({ schedule_exchange: 'CME' }, christmas)).toEqual([christmas[0], christmas[3]]);
  });

  it('trades on days for which no closures are listed as on every other', async () => {
    // Thanksgiving of 2019 and New Year's Day of 2031.
    const times = ['2019-11-28T15:00Z', '2031-01-01T15:00Z'];
    expect(await openAt({ schedule_exchange: 'NYSE' }, times)).toEqual(times);
  });

  it('and no other keeps its closures', async () => {
    const hours = { schedule_start_time: '09:30', schedule_end_time: '16:00', schedule_timezone: 'America/New_York' };
    const times = ['2026-11-26T15:00Z'];
    expect(await openAt(hours, times)).toEqual(times);
    expect(await openAt({ schedule_exchange: 'LSE' }, times)).toEqual(times);
  });
});
