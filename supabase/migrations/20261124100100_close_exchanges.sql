-- Purpose: the days on which exchanges do not trade, or close early, so that a bot that follows a session is not told that it
--   is on while nothing trades.
-- Objects: table exchange_closures; columns closures_from and closures_until of exchange_sessions. The days themselves are in
--   the next migration.
-- Risk: none; nothing heeds them before 20261124100120.

create table public.exchange_closures (
  exchange text not null,
  day date not null,
  closes_at time,
  name text not null,
  constraint exchange_closures_pkey primary key (exchange, day),
  constraint exchange_closures_exchange_fkey foreign key (exchange) references public.exchange_sessions (exchange) on delete cascade,
  constraint exchange_closures_day_check check (day between '2000-01-01' and '2100-12-31'),
  constraint exchange_closures_name_check check (char_length(name) between 1 and 80)
);
comment on table public.exchange_closures is 'Days on which exchanges are closed or close early: holidays, half days and special closures. What is not here is a day like every other. exchange_sessions says for which days they are complete. Admins write them with set_exchange_closures.';
comment on column public.exchange_closures.exchange is 'The exchange.';
comment on column public.exchange_closures.day is 'The day, by the clock of the exchange. It concerns the session that ends on it: one that runs over midnight has begun on the day before.';
comment on column public.exchange_closures.closes_at is 'When that session ends, by the clock of the exchange; a time after its regular end changes nothing. Null if there is no session.';
comment on column public.exchange_closures.name is 'What the day is.';
alter table public.exchange_closures enable row level security;
revoke all on public.exchange_closures from anon, authenticated, service_role;
grant select on public.exchange_closures to authenticated, service_role, tradebase_admin, tradebase_worker;
create policy "Everyone signed in can read closures of exchanges" on public.exchange_closures for select to authenticated using (true);
comment on policy "Everyone signed in can read closures of exchanges" on public.exchange_closures is 'The same for all, and public anyway.';
create policy "Admins can read closures of exchanges" on public.exchange_closures for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read closures of exchanges" on public.exchange_closures is 'In an audited read only.';

alter table public.exchange_sessions
  add column closures_from date,
  add column closures_until date,
  add constraint exchange_sessions_closures_check check ((closures_from is null) = (closures_until is null) and closures_from <= closures_until);
comment on column public.exchange_sessions.closures_from is 'First day for which exchange_closures are complete; on earlier ones it may have been closed all the same. Null if nobody keeps them.';
comment on column public.exchange_sessions.closures_until is 'Last day for which exchange_closures are complete; later ones count as ordinary days unless they are listed. Null if nobody keeps them.';
comment on table public.exchange_sessions is 'Regular sessions of exchanges, which bots can follow. The days on which there is none, or a shorter one, are in exchange_closures.';
