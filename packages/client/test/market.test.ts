import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Persona, signUp } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** Instruments, candles in their partitions, and what is known about them. */
let stack: TestStack;
let user: Persona;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  user = await signUp(stack, 'user');
  await seedMarket(stack);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

/** Makes an instrument with a daily candle at each of the times, and its coverage. */
async function makeSeries(symbol: string, times: readonly string[]): Promise<number> {
  const { rows } = await postgres.query('insert into public.instruments (symbol) values ($1) returning id', [symbol]);
  const values = [rows[0].id, times];
  await postgres.query(
    `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
     select $1, '1d', min(t), max(t), count(*) from unnest($2::timestamptz[]) t`,
    values,
  );
  await postgres.query(
    `insert into public.candles select $1, '1d', t, 1, 1, 1, 1, 0 from unnest($2::timestamptz[]) t`,
    values,
  );
  return rows[0].id;
}

async function partitionsOf(instrumentId: number): Promise<string[]> {
  const { rows } = await postgres.query<{ name: string }>(
    `select distinct tableoid::regclass::text as name from public.candles where instrument_id = $1 order by 1`,
    [instrumentId],
  );
  return rows.map(({ name }) => name.replace('partitions.', ''));
}

async function maintain(): Promise<string[]> {
  const { rows } = await postgres.query(
    `select partition_name || ' ' || action as done from private.maintain_partitions() where partition_name like 'candles%'`,
  );
  return rows.map(({ done }) => done);
}

async function keepDays(days: number | null): Promise<void> {
  await postgres.query(`update public.system_config set value = $1 where key = 'retention.candles_days'`, [
    JSON.stringify(days),
  ]);
}

describe('An instrument', () => {
  const insert = (columns: Record<string, unknown>) => {
    const names = Object.keys(columns);
    const places = names.map((_, i) => `$${i + 1}`);
    return postgres.query(
      `insert into public.instruments (${names.join(', ')}) values (${places.join(', ')}) returning id`,
      Object.values(columns),
    );
  };

  it('is an option with its underlying, strike, expiry and right, or none of them', async () => {
    const { rows } = await insert({ symbol: 'UNDER', asset_class: 'equity', exchange: 'NASDAQ', tick_size: '0.01' });
    const option = {
      asset_class: 'option',
      underlying_id: rows[0].id,
      strike: 100,
      expires_at: '2030-01-18Z',
      option_right: 'call',
      multiplier: 100,
    };
    await insert({ symbol: 'UNDER300118C00100000', ...option });
    for (const missing of ['underlying_id', 'strike', 'expires_at', 'option_right']) {
      await expect(insert({ symbol: 'HALF', ...option, [missing]: null })).rejects.toMatchObject({ code: '23514' });
    }
    await expect(insert({ symbol: 'NONE', asset_class: 'equity', strike: 1 })).rejects.toMatchObject({ code: '23514' });
    const { data } = await user.client.from('instruments').select('strike, underlying_id').eq('asset_class', 'option');
    expect(data).toEqual([{ strike: 100, underlying_id: rows[0].id }]);
  });

  it.each([
    ['a price step of nothing', { tick_size: 0 }],
    ['a negative lot', { lot_size: -1 }],
    ['an unknown class', { asset_class: 'house' }],
    ['a currency in words', { quote_currency: 'US Dollar' }],
  ])('is refused with %s', async (_what, columns) => {
    await expect(insert({ symbol: 'WRONG', ...columns })).rejects.toMatchObject({ code: '23514' });
  });

  it('takes what is known about it along when it is deleted', async () => {
    const id = await makeSeries('GONE', ['2024-01-01Z', '2024-01-03Z']);
    await postgres.query(
      `insert into public.candle_gaps (instrument_id, timeframe, from_at, to_at, kind) values ($1, '1d', '2024-01-02Z', '2024-01-03Z', 'missing')`,
      [id],
    );
    await postgres.query(
      `insert into public.indicator_values (instrument_id, timeframe, indicator, params_digest, ts, value, data_version)
       values ($1, '1d', 'macd.signal', md5('{}'), '2024-01-01Z', 1, 1)`,
      [id],
    );
    await postgres.query(
      `insert into public.market_regimes (instrument_id, method, start_at, type) values ($1, 'x-1', '2024-01-01Z', 'bull')`,
      [id],
    );
    await postgres.query('delete from public.instruments where id = $1', [id]);
    for (const table of ['candle_coverage', 'candles', 'candle_gaps', 'indicator_values', 'market_regimes']) {
      const { rowCount } = await postgres.query(`select from public.${table} where instrument_id = $1`, [id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
  });
});

describe('Candles', () => {
  it('lie in partitions of five years, and are read and changed through their table', async () => {
    const id = await makeSeries('SPREAD', ['1994-12-31Z', '1995-01-01Z', '2019-12-31Z', '2020-01-01Z']);
    expect(await partitionsOf(id)).toEqual(['candles_1990', 'candles_1995', 'candles_2015', 'candles_2020']);
    const { data } = await user.client.from('candles').select('ts').eq('instrument_id', id).order('ts').range(1, 2);
    expect(data?.map(({ ts }) => ts.slice(0, 10))).toEqual(['1995-01-01', '2019-12-31']);
    await expect(
      postgres.query(`insert into public.candles values ($1, '1d', '1995-01-01Z', 1, 1, 1, 1, 0)`, [id]),
    ).rejects.toMatchObject({ code: '23505' });
  });

  it('from before the first partition get one with the next maintenance', async () => {
    const id = await makeSeries('OLD', ['1972-03-01Z', '1984-12-31Z', '1985-01-01Z']);
    expect(await partitionsOf(id)).toEqual(['candles_default']);
    await maintain();
    expect(await partitionsOf(id)).toEqual(['candles_1970', 'candles_1980', 'candles_1985']);
    expect(await maintain()).toEqual([]);
    await postgres.query('delete from public.instruments where id = $1', [id]);
  });

  it('are kept for ever, unless a retention is set: then the coverage says what is left', async () => {
    const some = await makeSeries('SOME', ['1991-01-01Z', '1992-01-01Z', '2021-01-01Z', '2022-01-01Z']);
    const all = await makeSeries('ALL', ['1991-01-01Z', '1992-01-01Z']);
    const coverage = async () => {
      const { data } = await user.client
        .from('candle_coverage')
        .select('instrument_id, candle_count, first_at, last_at, version')
        .in('instrument_id', [some, all])
        .order('instrument_id');
      return data?.map((row) => [row.candle_count, row.first_at.slice(0, 4), row.last_at.slice(0, 4), row.version]);
    };
    const before = await coverage();
    await maintain();
    expect(await coverage()).toEqual(before);

    await keepDays(Math.ceil((Date.now() - Date.UTC(1999, 0, 1)) / 86_400_000));
    expect(await maintain()).toContain('candles_1990 dropped');
    expect(await coverage()).toEqual([
      [2, '2021', '2022', 2],
      [0, '1992', '1992', 2],
    ]);
    await keepDays(null);
  });
});

describe('What is known about candles', () => {
  it.each(['candle_gaps', 'indicator_values', 'market_regimes'] as const)(
    '%s is read by every signed-in user and written by none',
    async (table) => {
      expect((await user.client.from(table).select().limit(1)).error).toBeNull();
      const written = await user.client.from(table).insert({} as never);
      expect(written.error?.code).toBe('42501');
      const deleted = await user.client.from(table).delete().gt('instrument_id', 0);
      expect(deleted.error?.code).toBe('42501');
    },
  );
});
