-- Purpose: when a bot may trade: its own hours, or the session of an exchange.
-- Objects: table exchange_sessions; column bots.schedule_exchange; functions private.is_in_session, private.resolve_schedule,
--   private.in_schedule.
-- Risk: none; bots keep the schedule that they have. Holidays and half days of exchanges are not known.

create table public.exchange_sessions (
  exchange text not null,
  description text not null,
  start_time time,
  end_time time,
  days smallint[] not null,
  timezone text not null,
  constraint exchange_sessions_pkey primary key (exchange),
  constraint exchange_sessions_exchange_check check (exchange ~ '^[A-Z][A-Z0-9_]{1,19}$'),
  constraint exchange_sessions_description_check check (char_length(description) between 1 and 200),
  constraint exchange_sessions_times_check check ((start_time is null) = (end_time is null)),
  constraint exchange_sessions_days_check check (cardinality(days) between 1 and 7 and array_ndims(days) = 1 and days <@ '{1,2,3,4,5,6,7}'::smallint[]),
  constraint exchange_sessions_timezone_check check (private.is_time_zone(timezone))
);
comment on table public.exchange_sessions is 'Regular sessions of exchanges, which bots can follow. Without holidays and half days: on those nothing trades, whatever is said here.';
comment on column public.exchange_sessions.exchange is 'Short name.';
comment on column public.exchange_sessions.description is 'What it is.';
comment on column public.exchange_sessions.start_time is 'Opening, in its time zone; null for all day.';
comment on column public.exchange_sessions.end_time is 'Close, at which it is over; not after the opening for a session that ends on the next day.';
comment on column public.exchange_sessions.days is 'Days on which sessions begin: 1 for Monday to 7 for Sunday.';
comment on column public.exchange_sessions.timezone is 'Its time zone, as IANA names it.';
alter table public.exchange_sessions enable row level security;
revoke all on public.exchange_sessions from anon, authenticated, service_role;
grant select on public.exchange_sessions to authenticated, service_role, tradebase_admin, tradebase_worker;
create policy "Everyone signed in can read sessions of exchanges" on public.exchange_sessions for select to authenticated using (true);
comment on policy "Everyone signed in can read sessions of exchanges" on public.exchange_sessions is 'The same for all, and public anyway.';
create policy "Admins can read sessions of exchanges" on public.exchange_sessions for select to tradebase_admin using ((select private.is_admin()));
comment on policy "Admins can read sessions of exchanges" on public.exchange_sessions is 'In an audited read only.';
insert into public.exchange_sessions (exchange, description, start_time, end_time, days, timezone) values
  ('NYSE', 'New York Stock Exchange, core session', '09:30', '16:00', '{1,2,3,4,5}', 'America/New_York'),
  ('NASDAQ', 'Nasdaq, core session', '09:30', '16:00', '{1,2,3,4,5}', 'America/New_York'),
  ('LSE', 'London Stock Exchange', '08:00', '16:30', '{1,2,3,4,5}', 'Europe/London'),
  ('XETRA', 'Xetra, Frankfurt', '09:00', '17:30', '{1,2,3,4,5}', 'Europe/Berlin'),
  ('CME', 'CME Globex futures on equity indices', '17:00', '16:00', '{1,2,3,4,7}', 'America/Chicago'),
  ('FX', 'Currencies, from Sunday to Friday at 17:00 in New York', '17:00', '17:00', '{1,2,3,4,7}', 'America/New_York'),
  ('CRYPTO', 'Crypto exchanges, which never close', null, null, '{1,2,3,4,5,6,7}', 'UTC');

alter table public.bots
  add column schedule_exchange text,
  add constraint bots_schedule_exchange_fkey foreign key (schedule_exchange) references public.exchange_sessions (exchange),
  add constraint bots_schedule_exchange_check check (schedule_exchange is null or schedule_start_time is null);
comment on column public.bots.schedule_exchange is 'Exchange whose regular session it follows, on the days of the schedule; then the schedule has no times of its own. Null for a schedule of its own.';
create index bots_schedule_exchange_idx on public.bots (schedule_exchange);
grant insert (schedule_exchange), update (schedule_exchange) on public.bots to authenticated;

create function private.is_in_session(p_start time, p_end time, p_days smallint[], p_timezone text, p_at timestamptz) returns boolean
language sql stable set search_path = '' as $$
  select case
    when p_start is null then extract(isodow from l.local)::smallint = any (p_days)
    when p_start < p_end then l.local::time >= p_start and l.local::time < p_end and extract(isodow from l.local)::smallint = any (p_days)
    -- Over midnight: begun today, or yesterday.
    else (l.local::time >= p_start and extract(isodow from l.local)::smallint = any (p_days))
      or (l.local::time < p_end and extract(isodow from l.local - interval '1 day')::smallint = any (p_days))
  end
  from (select p_at at time zone p_timezone as local) l
$$;
comment on function private.is_in_session(time, time, smallint[], text, timestamptz) is
  'Whether a time is in a session, which begins on the given days. By the clock on the wall: what begins at 9:30 does so in summer and winter, and an hour that the clock shows twice counts twice. A session whose end is not after its start ends on the next day. The start belongs to it, the end does not.';

create function private.resolve_schedule(p_bot public.bots) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  exchange_session public.exchange_sessions;
begin
  select * into exchange_session from public.exchange_sessions e where e.exchange = p_bot.schedule_exchange;
  if exchange_session.exchange is null then
    return jsonb_build_object('exchange', null, 'start_time', p_bot.schedule_start_time, 'end_time', p_bot.schedule_end_time,
      'days', to_jsonb(p_bot.schedule_days), 'timezone', p_bot.schedule_timezone);
  end if;
  return jsonb_build_object('exchange', exchange_session.exchange, 'start_time', exchange_session.start_time, 'end_time', exchange_session.end_time,
    'days', to_jsonb(array(select d from unnest(exchange_session.days) d where d = any (p_bot.schedule_days) order by d)),
    'timezone', exchange_session.timezone);
end
$$;
comment on function private.resolve_schedule(public.bots) is
  'When a bot may trade, with the session of its exchange in the place of hours of its own: start and end of a session (null for all day), the days on which sessions begin (none at all, if the exchange has none on those of the bot), and the time zone. Definer, because the risk gate and triggers of users ask it.';

create function private.in_schedule(p_bot public.bots, p_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  schedule constant jsonb := private.resolve_schedule(p_bot);
begin
  return private.is_in_session((schedule ->> 'start_time')::time, (schedule ->> 'end_time')::time,
    array(select d::smallint from jsonb_array_elements_text(schedule -> 'days') d), schedule ->> 'timezone', p_at);
end
$$;
comment on function private.in_schedule(public.bots, timestamptz) is 'Whether a bot may trade at a time. Definer, because the risk gate asks it.';

revoke execute on function private.is_in_session(time, time, smallint[], text, timestamptz), private.resolve_schedule(public.bots),
  private.in_schedule(public.bots, timestamptz) from public;
