import type { StackAddress } from '@tradebase/local-stack/testing';
import { asPostgres } from './as-role.ts';

/** Sets every quota, of every plan, to no limit: for tests and benchmarks that ask for more than a user may. */
export async function liftLimits(stack: StackAddress): Promise<void> {
  await asPostgres(stack, async (client) => {
    await client.query(
      `update public.system_config set value = 'null' where key like 'quota.%' or key like 'limits.%'`,
    );
    await client.query('update public.plan_quotas set value = null');
  });
}
