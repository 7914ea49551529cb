import type pg from 'pg';

/** Short times, so that a round does not wait, and no limits on how often one user may call. */
const SETTINGS: Readonly<Record<string, unknown>> = {
  'runner.heartbeat_interval_s': 1,
  'runner.timeout_s': 6,
  'runner.redelivery_s': 2,
};

/** Sets the database up for chaos. */
export async function prepareWorld(postgres: pg.Client): Promise<void> {
  for (const [key, value] of Object.entries(SETTINGS)) {
    const { rowCount } = await postgres.query('update public.system_config set value = $2 where key = $1', [
      key,
      JSON.stringify(value),
    ]);
    if (rowCount !== 1) throw new Error(`there is no setting ${key}`);
  }
  await postgres.query(
    `update public.system_config set value = 'null' where key like 'quota.%' or key like 'limits.%'`,
  );
  await postgres.query('update public.plan_quotas set value = null');
}
