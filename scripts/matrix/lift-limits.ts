import type { DatabaseState } from './database-state.ts';

/** Takes the limits on how often one may call away, of the system and of plans. Limits on how much one may have stay. */
export function liftLimits(database: DatabaseState): Promise<void> {
  return database.change(`
    do $$
    begin
      update public.system_config set value = 'null' where key ~ '^quota\\..*_per_(second|minute|hour|day)$';
      if to_regclass('public.plan_quotas') is not null then
        delete from public.plan_quotas where quota ~ '_per_(second|minute|hour|day)$';
      end if;
    end
    $$`);
}
