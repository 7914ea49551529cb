import { RunConfig } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type ConnectedRunner, connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, asService, type Persona, signUp, signUpAdmin } from './support/personas.ts';
import { type HeldBot, seedHeldBot } from './support/seed-lease.ts';
import { orderIntent, submitIntents } from './support/submit-intents.ts';

/** Admins say when exchanges are closed. CRYPTO, which never is, is closed here. */
let stack: TestStack;
let admin: Persona;
let runner: ConnectedRunner;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  admin = await signUpAdmin(stack, 'admin');
  runner = await connectRunner(stack, await signUp(stack, 'owner'));
});

afterAll(() => stack?.stop());

const sql = (statement: string, values: unknown[] = []) =>
  asPostgres(stack, async (postgres) => (await postgres.query(statement, values)).rows);

function setClosures(days: [string, string], closures: unknown, exchange = 'CRYPTO', { client } = admin) {
  const [p_from, p_until] = days;
  return client.rpc('set_exchange_closures', { p_exchange: exchange, p_from, p_until, p_closures: closures as never });
}

async function codes(bot: HeldBot, ...times: string[]) {
  return (
    await submitIntents(
      bot,
      times.map((at) => orderIntent({ at })),
    )
  ).map(({ code }) => code);
}

const coverage = async (exchange = 'CRYPTO') => {
  const [row] = await sql(
    'select closures_from::text as from, closures_until::text as until from public.exchange_sessions where exchange = $1',
    [exchange],
  );
  return [row.from, row.until];
};

/** The day so many days from now. */
const daysFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** What the runner has been told of a bot and has not done yet. */
async function told(bot: HeldBot) {
  const rows = await sql(
    `select type, payload from public.runner_commands where bot_id = $1 and status in ('queued', 'delivered') order by seq`,
    [bot.botId],
  );
  return rows.map(({ type, payload }) => ({ type, schedule: RunConfig.parse(payload.config).schedule }));
}

describe('A closure', () => {
  it('works at once, and no longer than it is listed', async () => {
    const bot = await seedHeldBot(stack, runner, { schedule_exchange: 'CRYPTO' });
    const day = '2024-02-05';
    const times = [`${day}T11:59:00Z`, `${day}T12:00:00Z`, '2024-02-06T12:00:00Z'];
    expect(await codes(bot, ...times)).toEqual([null, null, null]);
    expect((await setClosures([day, day], [{ day, name: 'Outage', closes_at: '12:00' }])).error).toBeNull();
    expect(await codes(bot, ...times)).toEqual([null, 'outside_schedule', null]);
    expect((await setClosures([day, day], [{ day, name: 'Outage' }])).error).toBeNull();
    expect(await codes(bot, ...times)).toEqual(['outside_schedule', 'outside_schedule', null]);
    expect((await setClosures([day, day], [])).error).toBeNull();
    expect(await codes(bot, ...times)).toEqual([null, null, null]);
  });

  it('is in the audit log with the admin', async () => {
    const day = '2024-02-07';
    await setClosures([day, day], [{ day, name: 'Storm' }]).throwOnError();
    const entries = `select action, actor_id, after from public.audit_log where resource_type = 'exchange_closures' and resource_id = $1`;
    expect(await sql(entries, [`CRYPTO/${day}`])).toEqual([
      {
        action: 'exchange_closures.created',
        actor_id: admin.id,
        after: { exchange: 'CRYPTO', day, closes_at: null, name: 'Storm' },
      },
    ]);
  });

  it('to come is told to the runners of bots that follow the exchange, the latest list alone', async () => {
    const bot = await seedHeldBot(stack, runner, { schedule_exchange: 'CRYPTO' });
    const other = await seedHeldBot(stack, runner, { schedule_exchange: 'LSE' });
    const day = daysFromNow(2);
    await setClosures([day, day], [{ day, name: 'First' }]).throwOnError();
    await setClosures([day, day], [{ day, name: 'Second', closes_at: '13:00' }]).throwOnError();
    expect(await told(bot)).toMatchObject([
      {
        type: 'update_config',
        schedule: { exchange: 'CRYPTO', closures: [{ day, closes_at: '13:00:00', name: 'Second' }] },
      },
    ]);
    expect(await told(other)).toEqual([]);
    await setClosures([day, day], []).throwOnError();
    expect(await told(bot)).toMatchObject([{ schedule: { closures: [] } }]);
    await setClosures(['2024-02-08', '2024-02-08'], [{ day: '2024-02-08', name: 'Past' }]).throwOnError();
    expect(await told(bot)).toHaveLength(1);
  });

  it('does not wait for a runner that has too much to do', async () => {
    const busy = await connectRunner(stack, await signUp(stack, 'busy'));
    const bot = await seedHeldBot(stack, busy, { schedule_exchange: 'CRYPTO' });
    await sql(`select private.command_runner($1, 'ping', null, '{}') from generate_series(1, 200)`, [busy.session_id]);
    const day = daysFromNow(3);
    expect((await setClosures([day, day], [{ day, name: 'Closed' }])).error).toBeNull();
    expect(await told(bot)).toEqual([]);
  });
});

describe('The configuration of a run', () => {
  const scheduleOf = async ({ botId }: HeldBot) => {
    const [row] = await sql('select private.run_config($1) as config', [botId]);
    return RunConfig.parse(row.config).schedule;
  };

  it('has the closures of a year to come, and until when they are complete', async () => {
    const { closures = [], closures_until } = await scheduleOf(
      await seedHeldBot(stack, runner, { schedule_exchange: 'NYSE' }),
    );
    expect(closures.length).toBeGreaterThanOrEqual(10);
    expect(closures.map(({ day }) => day)).toEqual(closures.map(({ day }) => day).toSorted());
    expect(closures.at(0)?.day >= daysFromNow(-2)).toBe(true);
    expect(closures_until).toBe([daysFromNow(400), '2030-12-31'].toSorted()[0]);
  });

  it('has no closures where no exchange is followed, or nobody keeps them', async () => {
    const none = { closures: [], closures_until: null };
    expect(await scheduleOf(await seedHeldBot(stack, runner))).toMatchObject(none);
    expect(await scheduleOf(await seedHeldBot(stack, runner, { schedule_exchange: 'FX' }))).toMatchObject(none);
  });

  it('has at most 32 closures, and says up to which day', async () => {
    const bot = await seedHeldBot(stack, runner, { schedule_exchange: 'XETRA' });
    const days = Array.from({ length: 60 }, (_, index) => daysFromNow(10 + index));
    const closures = days.map((day) => ({ day, name: 'Strike' }));
    await setClosures([daysFromNow(0), daysFromNow(80)], closures, 'XETRA').throwOnError();
    expect(await scheduleOf(bot)).toMatchObject({
      closures: { length: 32 },
      closures_until: days[31],
    });
  });
});

describe('The days for which closures are complete', () => {
  it('grow by those that touch them, and by no others', async () => {
    const newYear = [{ day: '2031-01-01', name: "New Year's Day" }];
    await setClosures(['2032-01-01', '2032-12-31'], [], 'LSE').throwOnError();
    await setClosures(['2022-03-01', '2022-03-01'], [], 'LSE').throwOnError();
    expect(await coverage('LSE')).toEqual(['2020-01-01', '2030-12-31']);
    await setClosures(['2031-01-01', '2031-12-31'], newYear, 'LSE').throwOnError();
    await setClosures(['2019-12-24', '2020-01-02'], [], 'LSE').throwOnError();
    expect(await coverage('LSE')).toEqual(['2019-12-24', '2031-12-31']);
  });

  it('are seen by everyone signed in, and in the report on the system', async () => {
    const { data } = await runner.owner.client
      .from('exchange_sessions')
      .select('closures_until')
      .eq('exchange', 'NYSE')
      .throwOnError();
    expect(data).toEqual([{ closures_until: '2030-12-31' }]);
    const report = await admin.client.rpc('system_report').throwOnError();
    expect(report.data).toMatchObject({ closures_until: { NYSE: '2030-12-31', FX: null } });
  });
});

describe('Closures that are refused', () => {
  const day = '2024-03-04';
  const closure = { day, name: 'Closed' };

  it.each([
    [['2024-03-05', '2024-03-04'], []],
    [['2024-01-01', '2025-01-02'], []],
    [['1999-12-31', '1999-12-31'], []],
    [['2024-01-01', 'infinity'], []],
    [[day, day], null],
    [[day, day], {}],
    [[day, day], [null]],
    [[day, day], [[]]],
    [[day, day], [{ day }]],
    [[day, day], [{ ...closure, day: '2024-03-05' }]],
    [[day, day], [{ ...closure, day: 'today' }]],
    [['2024-02-01', day], [{ ...closure, day: '2024-02-30' }]],
    [[day, day], [{ ...closure, day: 20240304 }]],
    [[day, day], [{ ...closure, name: '' }]],
    [[day, day], [{ ...closure, name: 'x'.repeat(81) }]],
    [[day, day], [{ ...closure, closes_at: '24:00' }]],
    [[day, day], [{ ...closure, closes_at: 13 }]],
    [[day, day], [{ ...closure, exchange: 'NYSE' }]],
    [
      [day, day],
      [closure, closure],
    ],
    [[day, day], Array(101).fill(closure)],
  ] as [[string, string], unknown][])('from %j: %j', async (days, closures) => {
    const { error, status } = await setClosures(days, closures);
    expect([status, error?.code]).toEqual([422, 'invalid_request']);
  });

  it('are those of an exchange that is not known', async () => {
    expect((await setClosures([day, day], [closure], 'MOON')).error?.code).toBe('not_found');
  });

  it('are those of everyone but an admin who has shown a second factor', async () => {
    const { owner } = runner;
    const careless = await signUpAdmin(stack, 'careless', 'aal1');
    expect((await setClosures([day, day], [closure], 'CRYPTO', owner)).error?.code).toBe('forbidden');
    expect((await setClosures([day, day], [closure], 'CRYPTO', careless)).error?.code).toBe('second_factor_required');
    for (const client of [anonymous(stack), asService(stack)]) {
      expect((await setClosures([day, day], [closure], 'CRYPTO', { ...admin, client })).error?.code).toBe('42501');
    }
    for (const { client } of [owner, admin]) {
      const table = () => client.from('exchange_closures');
      const row = { exchange: 'CRYPTO', ...closure };
      expect((await table().insert(row)).error?.code).toBe('42501');
      expect((await table().update({ name: 'Open' }).eq('exchange', 'NYSE')).error?.code).toBe('42501');
      expect((await table().delete().eq('exchange', 'NYSE')).error?.code).toBe('42501');
    }
  });
});
