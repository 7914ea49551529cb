-- Purpose: what runs say and decide: logs, signals, and what happens to bots.
-- Objects: tables run_logs (by month), signals, bot_events.
-- Risk: none on an empty database.

insert into public.system_config (key, value, min_value, max_value, description) values
  ('retention.run_logs_days', '90', 1, 36500, 'Days for which logs of runs are kept; null keeps them for ever.');
create table public.run_logs (
  run_id uuid not null,
  user_id uuid not null,
  seq bigint not null,
  logged_at timestamptz not null,
  level text not null default 'INFO',
  message text not null,
  data jsonb,
  created_at timestamptz not null default now(),
  constraint run_logs_pkey primary key (run_id, user_id, seq, logged_at),
  constraint run_logs_run_id_fkey foreign key (run_id, user_id) references public.trading_runs (id, user_id) on delete cascade,
  constraint run_logs_seq_check check (seq >= 1),
  constraint run_logs_level_check check (level in ('DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL')),
  constraint run_logs_message_check check (char_length(message) between 1 and 4000),
  constraint run_logs_data_check check (jsonb_typeof(data) = 'object' and pg_column_size(data) <= 16384)
) partition by range (logged_at);
comment on table public.run_logs is 'What runs say, by month. Written by runners'' functions and workers. Dropped at the end of the retention.';
comment on column public.run_logs.run_id is 'The run.';
comment on column public.run_logs.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the run.';
comment on column public.run_logs.seq is 'Number of the line in its run, given by the runner: with trading_runs.last_log_seq, what makes sending it again harmless.';
comment on column public.run_logs.logged_at is 'When it was said.';
comment on column public.run_logs.level is 'DEBUG, INFO, WARN, ERROR or CRITICAL.';
comment on column public.run_logs.message is 'What was said.';
comment on column public.run_logs.data is 'Details.';
comment on column public.run_logs.created_at is 'When the row was written.';
create index run_logs_user_id_logged_at_idx on public.run_logs (user_id, logged_at desc);

create table public.signals (
  run_id uuid not null,
  user_id uuid not null,
  seq bigint not null,
  symbol text not null,
  timeframe text,
  signal_at timestamptz not null,
  type text not null,
  strength double precision,
  price numeric,
  reasons jsonb not null default '[]',
  indicators jsonb not null default '{}',
  executed boolean not null default false,
  executed_at timestamptz,
  order_id uuid,
  model_id uuid,
  created_at timestamptz not null default now(),
  constraint signals_pkey primary key (run_id, user_id, seq),
  constraint signals_run_id_fkey foreign key (run_id, user_id) references public.trading_runs (id, user_id) on delete cascade,
  constraint signals_order_id_fkey foreign key (order_id, user_id) references public.orders (id, user_id) on delete set null (order_id),
  constraint signals_seq_check check (seq >= 1),
  constraint signals_symbol_check check (symbol ~ '^[A-Z0-9][A-Z0-9._:/-]{0,31}$'),
  constraint signals_timeframe_check check (timeframe in ('1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '1w', '1mo')),
  constraint signals_type_check check (type in ('BUY', 'SELL', 'HOLD')),
  constraint signals_strength_check check (strength between 0 and 1),
  constraint signals_reasons_check check (jsonb_typeof(reasons) = 'array' and pg_column_size(reasons) <= 16384),
  constraint signals_indicators_check check (jsonb_typeof(indicators) = 'object' and pg_column_size(indicators) <= 16384),
  constraint signals_executed_check check (executed = (executed_at is not null) and (order_id is null or executed))
);
comment on table public.signals is 'What the strategy of a run said of a symbol, and whether it was acted on. Written by runners'' functions and workers.';
comment on column public.signals.run_id is 'The run.';
comment on column public.signals.user_id is 'Owner of the bot, repeated here so that the policy needs no join; goes with the run.';
comment on column public.signals.seq is 'Number of the signal in its run, given by the runner: sending it again makes no second one.';
comment on column public.signals.symbol is 'What it is about.';
comment on column public.signals.timeframe is 'Length of the bars it comes from.';
comment on column public.signals.signal_at is 'Close of the bar it comes from.';
comment on column public.signals.type is 'BUY, SELL or HOLD.';
comment on column public.signals.strength is 'How strong, 0 to 1; null where the strategy does not say.';
comment on column public.signals.price is 'Price when it came.';
comment on column public.signals.reasons is 'Why: a list of texts, or of objects of the strategy.';
comment on column public.signals.indicators is 'Values of the indicators it comes from.';
comment on column public.signals.executed is 'Whether it was acted on.';
comment on column public.signals.executed_at is 'When.';
comment on column public.signals.order_id is 'Order that came of it.';
comment on column public.signals.model_id is 'Model that said it; null for rules alone, or if that was deleted.';
comment on column public.signals.created_at is 'When the row was written.';
create index signals_order_id_user_id_idx on public.signals (order_id, user_id);
create index signals_model_id_user_id_idx on public.signals (model_id, user_id);
create index signals_user_id_signal_at_idx on public.signals (user_id, signal_at desc);

create table public.bot_events (
  id bigint not null generated always as identity,
  bot_id uuid,
  strategy_id uuid,
  user_id uuid not null,
  run_id uuid,
  type text not null,
  severity text not null default 'INFO',
  message text not null,
  metadata jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint bot_events_pkey primary key (id),
  constraint bot_events_bot_id_fkey foreign key (bot_id, user_id) references public.bots (id, user_id) on delete cascade,
  constraint bot_events_strategy_id_fkey foreign key (strategy_id, user_id) references public.strategies (id, user_id) on delete cascade,
  constraint bot_events_run_id_fkey foreign key (run_id, user_id) references public.trading_runs (id, user_id) on delete cascade,
  constraint bot_events_subject_check check (num_nonnulls(bot_id, strategy_id) = 1 and (run_id is null or bot_id is not null)),
  constraint bot_events_type_check check (type ~ '^[a-z][a-z_]{0,62}$'),
  constraint bot_events_severity_check check (severity in ('DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL')),
  constraint bot_events_message_check check (char_length(message) between 1 and 4000),
  constraint bot_events_metadata_check check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 16384)
);
comment on table public.bot_events is 'What happened to a bot beside its trading: started, paused, refused, limits reached, connection lost; or to a strategy that no bot runs. Written by runners'' functions and workers.';
comment on column public.bot_events.id is 'Identifies the event.';
comment on column public.bot_events.bot_id is 'The bot, which knows its strategy; null for an event of a strategy alone.';
comment on column public.bot_events.strategy_id is 'The strategy, where no bot is involved; null for an event of a bot.';
comment on column public.bot_events.user_id is 'Owner of the bot or strategy, repeated here so that the policy needs no join; goes with it.';
comment on column public.bot_events.run_id is 'Run in which it happened; null outside of one.';
comment on column public.bot_events.type is 'What happened, such as daily_risk_cap_reached.';
comment on column public.bot_events.severity is 'DEBUG, INFO, WARN, ERROR or CRITICAL.';
comment on column public.bot_events.message is 'The same for people.';
comment on column public.bot_events.metadata is 'Details.';
comment on column public.bot_events.occurred_at is 'When it happened.';
comment on column public.bot_events.created_at is 'When the row was written.';
create index bot_events_bot_id_user_id_idx on public.bot_events (bot_id, user_id, occurred_at desc);
create index bot_events_strategy_id_user_id_idx on public.bot_events (strategy_id, user_id, occurred_at desc);
create index bot_events_run_id_user_id_idx on public.bot_events (run_id, user_id);
create index bot_events_user_id_occurred_at_idx on public.bot_events (user_id, occurred_at desc);

alter table public.run_logs enable row level security;
alter table public.signals enable row level security;
alter table public.bot_events enable row level security;
revoke all on public.run_logs, public.signals, public.bot_events from anon, authenticated, service_role;
grant select on public.run_logs, public.signals, public.bot_events to authenticated, service_role, tradebase_admin;
grant select, insert on public.run_logs, public.bot_events to tradebase_worker;
grant select, insert, update (executed, executed_at, order_id) on public.signals to tradebase_worker;
create policy "Owners can read their logs" on public.run_logs for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their logs" on public.run_logs is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read logs" on public.run_logs for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read logs" on public.run_logs is 'In an audited read only.';
create policy "Owners can read their signals" on public.signals for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their signals" on public.signals is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read signals" on public.signals for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read signals" on public.signals is 'In an audited read only.';
create policy "Owners can read their bot events" on public.bot_events for select to authenticated using (user_id = (select private.tenant_id()));
comment on policy "Owners can read their bot events" on public.bot_events is 'They belong to one user; a runner reads for its user. Nobody but runners'' functions and workers writes them.';
create policy "Admins can read bot events" on public.bot_events for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read bot events" on public.bot_events is 'In an audited read only.';

select private.add_partitioned_table('run_logs', 'logged_at', 'month', 3, 'retention.run_logs_days');
