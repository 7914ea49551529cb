-- Purpose: strategies with their versions, templates that can be shared, and workspaces of frontends.
-- Objects: tables strategies, strategy_versions, strategy_templates, strategy_template_shares, workspaces; functions
--   private.check_row_limit, private.number_strategy_version, private.refuse_strategy_version_change,
--   private.shared_template_ids.
-- Risk: none on an empty database.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('limits.strategies_per_user', '200', 1, 10000, 'Most strategies that a user may have.'),
  ('limits.versions_per_strategy', '1000', 1, 100000, 'Most versions that a strategy may have.'),
  ('limits.strategy_versions_per_user', '5000', 1, 1000000, 'Most versions that the strategies of a user may have together.'),
  ('limits.strategy_templates_per_user', '100', 1, 10000, 'Most strategy templates that a user may have.'),
  ('limits.strategy_template_shares_per_user', '500', 1, 100000, 'Most shares of strategy templates that a user may give.'),
  ('limits.workspaces_per_user', '50', 1, 1000, 'Most workspaces that a user may have.');
create table public.strategies (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  description text,
  is_active boolean not null default true,
  current_version integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint strategies_pkey primary key (id),
  constraint strategies_id_user_id_key unique (id, user_id),
  constraint strategies_user_id_name_key unique (user_id, name),
  constraint strategies_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint strategies_name_check check (char_length(name) between 1 and 100 and name = btrim(name)),
  constraint strategies_description_check check (char_length(description) <= 2000),
  constraint strategies_current_version_check check (current_version >= 0)
);
comment on table public.strategies is 'Strategies of users: a name for a line of versions. What a strategy does is in strategy_versions.';
comment on column public.strategies.id is 'Identifies the strategy.';
comment on column public.strategies.user_id is 'Owner.';
comment on column public.strategies.name is 'Name, unique among those of the owner.';
comment on column public.strategies.description is 'What it is for.';
comment on column public.strategies.is_active is 'Whether the owner still works with it; nothing runs or stops by it.';
comment on column public.strategies.current_version is 'Number of the latest version; 0 before the first. Counted by the versions themselves.';
comment on column public.strategies.created_at is 'When the row was made.';
comment on column public.strategies.updated_at is 'When the row last changed.';
create index strategies_user_id_created_at_idx on public.strategies (user_id, created_at desc);

create table public.strategy_versions (
  id uuid not null default gen_random_uuid(),
  strategy_id uuid not null,
  user_id uuid not null default auth.uid(),
  version integer not null,
  spec jsonb not null,
  source text,
  note text,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  constraint strategy_versions_pkey primary key (id),
  constraint strategy_versions_id_user_id_key unique (id, user_id),
  constraint strategy_versions_strategy_id_version_user_id_key unique (strategy_id, version, user_id),
  constraint strategy_versions_strategy_id_fkey foreign key (strategy_id, user_id) references public.strategies (id, user_id) on delete cascade,
  constraint strategy_versions_version_check check (version >= 1),
  constraint strategy_versions_spec_check check (jsonb_typeof(spec) = 'object' and coalesce(jsonb_typeof(spec -> 'name'), '') = 'string' and pg_column_size(spec) <= 65536),
  constraint strategy_versions_source_check check (char_length(source) between 1 and 65536),
  constraint strategy_versions_note_check check (char_length(note) <= 2000)
);
comment on table public.strategy_versions is 'What a strategy does, version by version. A version never changes: a bot, a backtest or a study that names one can be repeated.';
comment on column public.strategy_versions.id is 'Identifies the version.';
comment on column public.strategy_versions.strategy_id is 'The strategy.';
comment on column public.strategy_versions.user_id is 'Owner of the strategy.';
comment on column public.strategy_versions.version is 'Number of the version in its strategy, from 1 without gaps; given by a trigger.';
comment on column public.strategy_versions.spec is 'What runs: {"name", "params"} and what else its kind of strategy takes.';
comment on column public.strategy_versions.source is 'The text that spec was made from, where the owner wrote one: YAML.';
comment on column public.strategy_versions.note is 'What changed.';
comment on column public.strategy_versions.created_by is 'Who made it; null for an operator.';
comment on column public.strategy_versions.created_at is 'When it was made.';
create index strategy_versions_strategy_id_user_id_idx on public.strategy_versions (strategy_id, user_id);
create index strategy_versions_user_id_created_at_idx on public.strategy_versions (user_id, created_at desc);

create table public.strategy_templates (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  description text,
  template_data jsonb not null,
  is_public boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint strategy_templates_pkey primary key (id),
  constraint strategy_templates_id_user_id_key unique (id, user_id),
  constraint strategy_templates_user_id_name_key unique (user_id, name),
  constraint strategy_templates_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint strategy_templates_name_check check (char_length(name) between 1 and 100 and name = btrim(name)),
  constraint strategy_templates_description_check check (char_length(description) <= 2000),
  constraint strategy_templates_template_data_check check (jsonb_typeof(template_data) = 'object' and pg_column_size(template_data) <= 65536)
);
comment on table public.strategy_templates is 'Strategies to begin from. The author may show a template to everyone, or to named users. What is made from one is a copy: deleting the author deletes the template and nothing that came of it. It is deleted and not left without an author, because its text may say who wrote it and nobody could correct it any more.';
comment on column public.strategy_templates.id is 'Identifies the template.';
comment on column public.strategy_templates.user_id is 'Author, who alone may change it.';
comment on column public.strategy_templates.name is 'Name, unique among those of the author.';
comment on column public.strategy_templates.description is 'What it is for.';
comment on column public.strategy_templates.template_data is 'The strategy: a spec, and what a form needs to ask for its parameters.';
comment on column public.strategy_templates.is_public is 'Whether every signed-in user may read it.';
comment on column public.strategy_templates.created_at is 'When the row was made.';
comment on column public.strategy_templates.updated_at is 'When the row last changed.';
create index strategy_templates_user_id_created_at_idx on public.strategy_templates (user_id, created_at desc);
create index strategy_templates_is_public_idx on public.strategy_templates (created_at desc) where is_public;

create table public.strategy_template_shares (
  template_id uuid not null,
  user_id uuid not null default auth.uid(),
  shared_with uuid not null,
  created_at timestamptz not null default now(),
  -- With the author, so that a clash with a share of another author's tells nobody that there is one.
  constraint strategy_template_shares_pkey primary key (template_id, user_id, shared_with),
  constraint strategy_template_shares_template_id_fkey foreign key (template_id, user_id) references public.strategy_templates (id, user_id) on delete cascade,
  constraint strategy_template_shares_shared_with_fkey foreign key (shared_with) references auth.users (id) on delete cascade
);
comment on table public.strategy_template_shares is 'Templates shown to named users: one row a template and user.';
comment on column public.strategy_template_shares.template_id is 'The template.';
comment on column public.strategy_template_shares.user_id is 'Author of the template.';
comment on column public.strategy_template_shares.shared_with is 'The user who may read it.';
comment on column public.strategy_template_shares.created_at is 'Since when.';
create index strategy_template_shares_user_id_idx on public.strategy_template_shares (user_id);
create index strategy_template_shares_shared_with_idx on public.strategy_template_shares (shared_with);

create table public.workspaces (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null default auth.uid(),
  name text not null,
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workspaces_pkey primary key (id),
  constraint workspaces_user_id_name_key unique (user_id, name),
  constraint workspaces_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint workspaces_name_check check (char_length(name) between 1 and 100 and name = btrim(name)),
  constraint workspaces_data_check check (jsonb_typeof(data) = 'object' and pg_column_size(data) <= 1048576)
);
comment on table public.workspaces is 'What a frontend keeps for its user: open files, layout, settings of charts.';
comment on column public.workspaces.id is 'Identifies the workspace.';
comment on column public.workspaces.user_id is 'Owner.';
comment on column public.workspaces.name is 'Name, unique among those of the owner.';
comment on column public.workspaces.data is 'State of the workspace, at most 1 MiB; its shape is the frontend''s business.';
comment on column public.workspaces.created_at is 'When the row was made.';
comment on column public.workspaces.updated_at is 'When the row last changed.';
create index workspaces_user_id_updated_at_idx on public.workspaces (user_id, updated_at desc);

create function private.shared_template_ids() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select s.template_id from public.strategy_template_shares s where s.shared_with = auth.uid()
$$;
comment on function private.shared_template_ids() is 'Templates that others have shared with the caller. Definer, so that the policy of templates does not depend on that of shares.';
revoke execute on function private.shared_template_ids() from public;
grant execute on function private.shared_template_ids() to authenticated;
alter table public.strategies enable row level security;
alter table public.strategy_versions enable row level security;
alter table public.strategy_templates enable row level security;
alter table public.strategy_template_shares enable row level security;
alter table public.workspaces enable row level security;
revoke all on public.strategies, public.strategy_versions, public.strategy_templates, public.strategy_template_shares, public.workspaces from anon, authenticated, service_role;
grant select on public.strategies, public.strategy_versions, public.strategy_templates, public.strategy_template_shares, public.workspaces
  to authenticated, service_role, tradebase_admin;
grant insert (name, description, is_active), update (name, description, is_active), delete on public.strategies to authenticated;
grant insert (strategy_id, spec, source, note) on public.strategy_versions to authenticated;
grant insert (name, description, template_data, is_public), update (name, description, template_data, is_public), delete
  on public.strategy_templates to authenticated;
grant insert (template_id, shared_with), delete on public.strategy_template_shares to authenticated;
grant insert (name, data), update (name, data), delete on public.workspaces to authenticated;
grant select on public.strategies, public.strategy_versions to tradebase_worker;
create policy "Owners can read their strategies" on public.strategies for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their strategies" on public.strategies is 'A strategy belongs to one user; a runner reads for its user.';
create policy "Owners can make strategies" on public.strategies for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can make strategies" on public.strategies is 'Not viewers, who change nothing.';
create policy "Owners can change their strategies" on public.strategies for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their strategies" on public.strategies is 'Not viewers, who change nothing.';
create policy "Owners can delete their strategies" on public.strategies for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their strategies" on public.strategies is 'Not viewers, who change nothing.';
create policy "Admins can read strategies" on public.strategies for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read strategies" on public.strategies is 'In an audited read only.';

create policy "Owners can read their strategy versions" on public.strategy_versions for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their strategy versions" on public.strategy_versions is 'A version belongs to one user; a runner reads for its user.';
create policy "Owners can add versions to their strategies" on public.strategy_versions for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can add versions to their strategies" on public.strategy_versions is 'Added and never changed: there is no policy for more.';
create policy "Admins can read strategy versions" on public.strategy_versions for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read strategy versions" on public.strategy_versions is 'In an audited read only.';

create policy "Users can read their, public and shared templates" on public.strategy_templates for select to authenticated
  using (user_id = (select auth.uid()) or is_public or id = any (array(select private.shared_template_ids())));
comment on policy "Users can read their, public and shared templates" on public.strategy_templates is 'Public templates are for everyone with an account, shared ones for those named in strategy_template_shares.';
create policy "Owners can make templates" on public.strategy_templates for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can make templates" on public.strategy_templates is 'Not viewers, who change nothing.';
create policy "Owners can change their templates" on public.strategy_templates for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their templates" on public.strategy_templates is 'Not viewers, who change nothing.';
create policy "Owners can delete their templates" on public.strategy_templates for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their templates" on public.strategy_templates is 'Not viewers, who change nothing.';
create policy "Admins can read templates" on public.strategy_templates for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read templates" on public.strategy_templates is 'In an audited read only.';

create policy "Users can read shares they gave or got" on public.strategy_template_shares for select to authenticated
  using (user_id = (select auth.uid()) or shared_with = (select auth.uid()));
comment on policy "Users can read shares they gave or got" on public.strategy_template_shares is 'The author sees with whom, the other that it is shared.';
create policy "Authors can share their templates" on public.strategy_template_shares for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Authors can share their templates" on public.strategy_template_shares is 'The key to the template makes sure that it is theirs.';
create policy "Users can end shares they gave or got" on public.strategy_template_shares for delete to authenticated
  using ((user_id = (select auth.uid()) or shared_with = (select auth.uid())) and (select private.can_trade()));
comment on policy "Users can end shares they gave or got" on public.strategy_template_shares is 'Either may end it.';
create policy "Admins can read template shares" on public.strategy_template_shares for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read template shares" on public.strategy_template_shares is 'In an audited read only.';

create policy "Owners can read their workspaces" on public.workspaces for select to authenticated using (user_id = (select auth.uid()));
comment on policy "Owners can read their workspaces" on public.workspaces is 'A workspace belongs to one user; runners have no use for it.';
create policy "Owners can make workspaces" on public.workspaces for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can make workspaces" on public.workspaces is 'Not viewers, who change nothing.';
create policy "Owners can change their workspaces" on public.workspaces for update to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade())) with check (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can change their workspaces" on public.workspaces is 'Not viewers, who change nothing.';
create policy "Owners can delete their workspaces" on public.workspaces for delete to authenticated
  using (user_id = (select auth.uid()) and (select private.can_trade()));
comment on policy "Owners can delete their workspaces" on public.workspaces is 'Not viewers, who change nothing.';
create policy "Admins can read workspaces" on public.workspaces for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read workspaces" on public.workspaces is 'In an audited read only.';

create function private.check_row_limit() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  quota constant text := substring(tg_argv[0] from '^quota\.(.*)$');
  most_rows constant numeric := case when quota is null then private.config_number(tg_argv[0]) else private.quota(new.user_id, quota) end;
  within constant interval := tg_argv[1];
  owned_rows bigint;
begin
  -- One insert of a user at a time, so that the count is exact.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(tg_table_name || ' of ' || new.user_id::text, 0));
  execute format('select count(*) from public.%I where user_id = $1 and ($2 is null or created_at > now() - $2)', tg_table_name)
    into owned_rows using new.user_id, within;
  if owned_rows >= most_rows and within is not null then
    perform private.raise_api_error(429, 'rate_limited',
      format('you added %s %s within %s, which is the most', owned_rows, replace(tg_table_name, '_', ' '), tg_argv[1]));
  elsif owned_rows >= most_rows then
    perform private.raise_api_error(409, 'quota_exceeded',
      format('you have %s %s, which is the most: delete one that you no longer need', owned_rows, replace(tg_table_name, '_', ' ')));
  end if;
  return new;
end
$$;
comment on function private.check_row_limit() is
  'Trigger before insert: refuses a row beyond the most that a user may have, or may add within the time of its second argument. Its first argument is the setting with that number; one of quota.* is that of the user''s plan. Definer, so that it counts rows whoever inserts.';

create function private.number_strategy_version() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- The strategy's row lock puts concurrent versions one after the other.
  update public.strategies s set current_version = s.current_version + 1
  where s.id = new.strategy_id and s.user_id = new.user_id
  returning s.current_version into new.version;
  if new.version is null then
    perform private.raise_api_error(404, 'strategy_not_found', 'there is no such strategy of yours');
  end if;
  if new.version > private.config_number('limits.versions_per_strategy') then
    perform private.raise_api_error(409, 'quota_exceeded', format('the strategy has %s versions, which is the most: go on with a copy of it', new.version - 1));
  end if;
  if (select sum(s.current_version) from public.strategies s where s.user_id = new.user_id) > private.config_number('limits.strategy_versions_per_user') then
    perform private.raise_api_error(409, 'quota_exceeded', 'your strategies have the most versions that there may be: delete one that you no longer need');
  end if;
  return new;
end
$$;
comment on function private.number_strategy_version() is 'Trigger: gives a version the next number of its strategy. Definer, because owners may not write the number.';

create function private.refuse_strategy_version_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'a version of a strategy never changes: add another' using errcode = 'insufficient_privilege';
end
$$;
comment on function private.refuse_strategy_version_change() is 'Trigger: refuses every change of a version, to every role.';
revoke execute on function private.check_row_limit(), private.number_strategy_version(), private.refuse_strategy_version_change() from public;
create trigger check_limit before insert on public.strategies
  for each row execute function private.check_row_limit('limits.strategies_per_user');
create trigger set_updated_at before update on public.strategies
  for each row execute function private.set_updated_at();
create trigger audit_change after insert or update or delete on public.strategies
  for each row execute function private.audit_change();
create trigger number before insert on public.strategy_versions
  for each row execute function private.number_strategy_version();
create trigger refuse_change before update on public.strategy_versions
  for each row execute function private.refuse_strategy_version_change();
create trigger check_limit before insert on public.strategy_templates
  for each row execute function private.check_row_limit('limits.strategy_templates_per_user');
create trigger set_updated_at before update on public.strategy_templates
  for each row execute function private.set_updated_at();
-- Template data may be larger than an audit entry.
create trigger audit_change after insert or update or delete on public.strategy_templates
  for each row execute function private.audit_change('template_data');
create trigger check_limit before insert on public.strategy_template_shares
  for each row execute function private.check_row_limit('limits.strategy_template_shares_per_user');
create trigger audit_change after insert or update or delete on public.strategy_template_shares
  for each row execute function private.audit_change();
create trigger check_limit before insert on public.workspaces
  for each row execute function private.check_row_limit('limits.workspaces_per_user');
create trigger set_updated_at before update on public.workspaces
  for each row execute function private.set_updated_at();
