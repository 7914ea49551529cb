import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type Persona, signUp } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';

/** When a bot may trade: by hours of its own, or by the session of an exchange. */
let stack: TestStack;
let owner: Persona;
let bots = 0;

beforeAll(async () => {
  stack = await startStack();
  owner = await signUp(stack, 'owner');
});

afterAll(() => stack?.stop());

async function scheduled(schedule: Record<string, unknown>): Promise<string> {
  bots += 1;
  return makeBot(owner, { name: `Bot ${bots}`, ...schedule });
}

/** At which of the times a bot may trade. */
async function openAt(botId: string, times: readonly string[]): Promise<string[]> {
  const { rows } = await asPostgres(stack, (postgres) =>
    postgres.query(
      `select t.said from unnest($2::text[]) with ordinality t (said, place), public.bots b
       where b.id = $1 and private.in_schedule(b, t.said::timestamptz) order by t.place`,
      [botId, times],
    ),
  );
  return rows.map(({ said }) => said);
}

describe('A schedule of its own', () => {
  it('without times is open all day, on its days, by its time zone', async () => {
    const bot = await scheduled({ schedule_days: [1, 2, 3, 4, 5], schedule_timezone: 'Asia/Tokyo' });
    // Sunday evening in Greenwich is Monday in Tokyo.
    expect(
      await openAt(bot, ['2024-01-07T14:59Z', '2024-01-07T15:00Z', '2024-01-12T14:59Z', '2024-01-12T15:00Z']),
    ).toEqual(['2024-01-07T15:00Z', '2024-01-12T14:59Z']);
  });

  it('begins with its start and ends before its end', async () => {
    const bot = await scheduled({ schedule_start_time: '09:00', schedule_end_time: '17:00' });
    const times = ['2024-01-02T08:59:59.999Z', '2024-01-02T09:00Z', '2024-01-02T16:59:59.999Z', '2024-01-02T17:00Z'];
    expect(await openAt(bot, times)).toEqual(times.slice(1, 3));
  });

  it('over midnight belongs to the day on which it begins', async () => {
    const bot = await scheduled({ schedule_start_time: '22:00', schedule_end_time: '02:00', schedule_days: [5] });
    // 2024-01-05 is a Friday.
    const times = [
      '2024-01-05T01:00Z',
      '2024-01-05T22:00Z',
      '2024-01-06T01:59Z',
      '2024-01-06T02:00Z',
      '2024-01-06T22:00Z',
    ];
    expect(await openAt(bot, times)).toEqual(times.slice(1, 3));
  });

  it('goes by the clock on the wall when that changes', async () => {
    const bot = await scheduled({
      schedule_start_time: '01:00',
      schedule_end_time: '02:30',
      schedule_timezone: 'America/New_York',
    });
    // In the autumn 1:00 to 2:00 comes twice; in the spring 2:00 to 3:00 does not come.
    const autumn = [
      '2024-11-03T04:59Z',
      '2024-11-03T05:00Z',
      '2024-11-03T06:30Z',
      '2024-11-03T07:29Z',
      '2024-11-03T07:30Z',
    ];
    expect(await openAt(bot, autumn)).toEqual(autumn.slice(1, 4));
    const spring = ['2024-03-10T05:59Z', '2024-03-10T06:00Z', '2024-03-10T06:59Z', '2024-03-10T07:00Z'];
    expect(await openAt(bot, spring)).toEqual(spring.slice(1, 3));
  });
});

describe('A schedule of an exchange', () => {
  it('opens with it in winter and in summer', async () => {
    const bot = await scheduled({ schedule_exchange: 'NYSE' });
    const winter = ['2024-01-08T14:29Z', '2024-01-08T14:30Z', '2024-01-08T20:59Z', '2024-01-08T21:00Z'];
    expect(await openAt(bot, winter)).toEqual(winter.slice(1, 3));
    const summer = ['2024-07-08T13:29Z', '2024-07-08T13:30Z', '2024-07-08T19:59Z', '2024-07-08T20:00Z'];
    expect(await openAt(bot, summer)).toEqual(summer.slice(1, 3));
    expect(await openAt(bot, ['2024-01-06T15:00Z'])).toEqual([]);
  });

  it('of currencies is open from Sunday to Friday evening in New York', async () => {
    const bot = await scheduled({ schedule_exchange: 'FX' });
    const times = [
      '2024-01-07T21:59Z',
      '2024-01-07T22:00Z',
      '2024-01-10T22:00Z',
      '2024-01-12T21:59Z',
      '2024-01-12T22:00Z',
    ];
    expect(await openAt(bot, times)).toEqual(times.slice(1, 4));
  });

  it('holds on the days of the bot only, and on none where they have no day in common', async () => {
    const mondays = await scheduled({ schedule_exchange: 'LSE', schedule_days: [1] });
    expect(await openAt(mondays, ['2024-01-08T09:00Z', '2024-01-09T09:00Z'])).toEqual(['2024-01-08T09:00Z']);
    const weekends = await scheduled({ schedule_exchange: 'LSE', schedule_days: [6, 7] });
    expect(await openAt(weekends, ['2024-01-06T09:00Z', '2024-01-08T09:00Z'])).toEqual([]);
  });

  it('never closes where the exchange does not', async () => {
    const bot = await scheduled({ schedule_exchange: 'CRYPTO' });
    const times = ['2024-01-06T00:00Z', '2024-01-07T23:59Z'];
    expect(await openAt(bot, times)).toEqual(times);
  });

  it('takes no times of its own, and no exchange that is not known', async () => {
    await expect(scheduled({ schedule_exchange: 'MOON' })).rejects.toMatchObject({ code: '23503' });
    await expect(
      scheduled({ schedule_exchange: 'LSE', schedule_start_time: '10:00', schedule_end_time: '11:00' }),
    ).rejects.toMatchObject({ code: '23514' });
    const { data } = await owner.client.from('exchange_sessions').select('exchange').order('exchange');
    expect(data?.map(({ exchange }) => exchange)).toEqual(['CME', 'CRYPTO', 'FX', 'LSE', 'NASDAQ', 'NYSE', 'XETRA']);
  });
});
