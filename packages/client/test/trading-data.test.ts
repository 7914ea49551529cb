import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { invoke } from './support/invoke.ts';
import { type Persona, signUp, signUpAs } from './support/personas.ts';
import { makeBot, type SeededBot, seedBot } from './support/seed-trading.ts';

/** What the function api tells of runs, positions and log lines. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let viewer: Persona;
let seeded: SeededBot;

const LINES = 250;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  [owner, other, viewer] = await Promise.all([
    signUp(stack, 'owner'),
    signUp(stack, 'other'),
    signUpAs(stack, 'viewer', 'viewer'),
  ]);
  seeded = await seedBot(stack, owner, 'seeded');
  // Line 1 is INFO already. Of the rest, every hundredth is a warning.
  await asPostgres(stack, (postgres) =>
    postgres.query(
      `insert into public.run_logs (run_id, user_id, seq, logged_at, level, message)
       select $1, $2, n, now(), case when n % 100 = 0 then 'WARN' else 'DEBUG' end, 'line ' || n from generate_series(2, $3::int) n`,
      [seeded.runId, owner.id, LINES],
    ),
  );
});

afterAll(() => stack?.stop());

const get = ({ client }: Persona, path: string) => invoke(client, 'GET', `api/trading${path}`);

/** Numbers of all lines, page after page. */
async function allLines(query: string): Promise<number[]> {
  const seqs: number[] = [];
  let cursor: number | null = null;
  do {
    const { body } = await get(
      owner,
      `/runs/${seeded.runId}/logs?${query}${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seqs.push(...body.items.map(({ seq }: { seq: number }) => seq));
    cursor = body.next_cursor;
  } while (cursor !== null);
  return seqs;
}

describe('GET /trading/runs/:id/logs', () => {
  it('gives the newest lines first, with how many there are', async () => {
    const { status, body } = await get(owner, `/runs/${seeded.runId}/logs?limit=2`);
    expect([status, body]).toMatchObject([
      200,
      { total_count: LINES, next_cursor: LINES - 1, items: [{ seq: LINES, message: 'line 250' }, { seq: LINES - 1 }] },
    ]);
  });

  it('pages through every line once, in both orders', async () => {
    const oldest = Array.from({ length: LINES }, (_, index) => index + 1);
    expect(await allLines('limit=60&order=oldest')).toEqual(oldest);
    expect(await allLines('limit=60')).toEqual(oldest.toReversed());
  });

  it('filters by one level or several, and counts what it filters', async () => {
    expect((await get(owner, `/runs/${seeded.runId}/logs?level=WARN`)).body).toMatchObject({
      total_count: 2,
      next_cursor: null,
      items: [{ seq: 200 }, { seq: 100 }],
    });
    expect((await get(owner, `/runs/${seeded.runId}/logs?level=WARN,INFO`)).body).toMatchObject({
      total_count: 3,
      items: [{ seq: 200 }, { seq: 100 }, { seq: 1 }],
    });
  });

  it('passes over an offset', async () => {
    const { body } = await get(owner, `/runs/${seeded.runId}/logs?limit=1&offset=10`);
    expect(body.items).toMatchObject([{ seq: LINES - 10 }]);
  });

  it('knows no run of another, and no run that is not there', async () => {
    for (const [persona, id] of [
      [other, seeded.runId],
      [viewer, seeded.runId],
      [owner, crypto.randomUUID()],
    ] as const) {
      expect(await get(persona, `/runs/${id}/logs`)).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
    }
  });

  it('says what is wrong with a query', async () => {
    for (const [query, path] of [
      ['level=LOUD', 'level.0'],
      ['limit=0', 'limit'],
      ['limit=1001', 'limit'],
      ['offset=10001', 'offset'],
      ['cursor=5&offset=5', 'offset'],
      ['colour=red', ''],
    ]) {
      const { status, body } = await get(owner, `/runs/${seeded.runId}/logs?${query}`);
      expect([status, body.code, body.details?.[0]?.path]).toEqual([422, 'invalid_request', path]);
    }
  });

  it('counts no lines of a run that another asks about through the Data API', async () => {
    const count = async ({ client }: Persona) => (await client.rpc('count_run_logs', { p_run_id: seeded.runId })).data;
    expect([await count(owner), await count(other), await count(viewer)]).toEqual([LINES, 0, 0]);
  });
});

describe('GET /trading/runs', () => {
  it('gives own runs with how many there are, filtered by status, bot and mode', async () => {
    const all = await get(owner, '/runs');
    expect(all.body).toMatchObject({
      total_count: 1,
      next_cursor: null,
      items: [{ id: seeded.runId, status: 'running' }],
    });
    for (const [query, count] of [
      ['status=running', 1],
      ['status=completed', 0],
      [`bot_id=${seeded.botId}`, 1],
      [`bot_id=${crypto.randomUUID()}`, 0],
      ['mode=LIVE', 0],
    ] as const) {
      expect((await get(owner, `/runs?${query}`)).body.total_count, query).toBe(count);
    }
    expect((await get(other, '/runs')).body).toMatchObject({ total_count: 0, items: [] });
  });

  it('pages with a cursor', async () => {
    const pager = await signUp(stack, 'pager');
    const botId = await makeBot(pager, { name: 'many runs' });
    await asPostgres(stack, (postgres) =>
      postgres.query(
        `insert into public.trading_runs (bot_id, user_id, mode, status, started_at, ended_at)
         select $1, $2, 'PAPER', 'completed', now(), now() from generate_series(1, 5)`,
        [botId, pager.id],
      ),
    );
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const { body } = await get(pager, `/runs?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(body.total_count).toBe(5);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor ?? '';
    }
    expect([new Set(seen).size, cursor]).toEqual([5, '']);
  });
});

describe('GET /trading/runs/:id', () => {
  it('gives the run with its settings, positions and latest lines', async () => {
    const { body } = await get(owner, `/runs/${seeded.runId}`);
    expect(body.run).toMatchObject({ id: seeded.runId, bot_id: seeded.botId, config: {} });
    expect(body.positions).toMatchObject([{ id: seeded.positionId, symbol: 'ACME' }]);
    expect(body.logs).toHaveLength(50);
    expect(body.logs[0]).toMatchObject({ seq: LINES });
  });

  it('knows no run of another', async () => {
    expect(await get(other, `/runs/${seeded.runId}`)).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
  });
});

describe('GET /trading/positions', () => {
  it('gives own positions, filtered by status, symbol, bot and run', async () => {
    for (const [query, count] of [
      ['', 1],
      ['status=open', 1],
      ['status=closed', 0],
      ['symbol=acme', 1],
      ['symbol=NONE', 0],
      [`bot_id=${seeded.botId}`, 1],
      [`run_id=${seeded.runId}`, 1],
    ] as const) {
      expect((await get(owner, `/positions?${query}`)).body, query).toMatchObject({ total_count: count });
    }
    expect((await get(other, '/positions')).body).toMatchObject({ total_count: 0, items: [] });
  });

  it('gives one with its orders and fills, and the others of its run in the same symbol', async () => {
    const [earlier] = await asPostgres(stack, async (postgres) => {
      const { rows } = await postgres.query<{ id: string }>(
        `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, status, opened_at, closed_at)
         values ($1, $2, $3, 'ACME', 'long', 1, 0, 'closed', '2024-01-01Z', '2024-01-01Z') returning id`,
        [seeded.runId, seeded.botId, owner.id],
      );
      return rows;
    });
    expect((await get(owner, `/positions/${seeded.positionId}`)).body).toMatchObject({
      position: { id: seeded.positionId, open_quantity: 10 },
      orders: [{ id: seeded.orderId, client_order_id: 'first' }],
      fills: [{ seq: 1, price: 100, quantity: 10 }],
      related_positions: [{ id: earlier?.id }],
    });
  });

  it('knows no position of another', async () => {
    expect(await get(other, `/positions/${seeded.positionId}`)).toMatchObject({
      status: 404,
      body: { code: 'position_not_found' },
    });
  });
});
