-- Purpose: what the ledger knows of a run, for a runner that has lost its disk.
-- Objects: function public.run_ledger.
-- Risk: none.

create function public.run_ledger(p_run_id uuid, p_after_fill bigint default 0, p_after_order text default '', p_limit integer default 1000) returns jsonb
language plpgsql stable security invoker set search_path = '' as $$
declare
  page_size constant integer := least(greatest(coalesce(p_limit, 1000), 1), 5000);
  run public.trading_runs;
begin
  select * into run from public.trading_runs r where r.id = p_run_id;
  if run.id is null then
    perform private.raise_api_error(404, 'run_not_found', 'there is no such run');
  end if;
  return jsonb_build_object(
    'last_report_seq', run.last_report_seq,
    'last_fill_seq', run.last_fill_seq,
    'last_bar_at', run.last_bar_at,
    'positions', coalesce((
      select jsonb_agg(jsonb_build_object('symbol', p.symbol, 'quantity', case p.direction when 'long' then p.open_quantity else -p.open_quantity end) order by p.symbol)
      from public.positions p where p.bot_id = run.bot_id and p.run_id = run.id and p.status = 'open'
    ), '[]'),
    'orders', coalesce((
      select jsonb_agg(to_jsonb(o) order by o.client_order_id) from (
        select o.client_order_id, o.status, o.reject_reason, o.quantity, o.filled_quantity
        from public.orders o
        where o.bot_id = run.bot_id and o.run_id = run.id and o.client_order_id > p_after_order order by o.client_order_id limit page_size
      ) o
    ), '[]'),
    'fills', coalesce((
      select jsonb_agg(to_jsonb(f) order by f.seq) from (
        select f.seq, f.external_id from public.fills f
        where f.run_id = run.id and f.user_id = run.user_id and f.seq > p_after_fill order by f.seq limit page_size
      ) f
    ), '[]')
  );
end
$$;
comment on function public.run_ledger(uuid, bigint, text, integer) is
  'What the ledger knows of a run: its last report and bar, what is open, below 0 when short, and a page of orders, by their names, and of fills, by their numbers, after the given ones. A page that is not full is the last. At most 5,000 a page. Error: run_not_found. Row level security says whose runs.';
revoke execute on function public.run_ledger(uuid, bigint, text, integer) from public, anon, service_role;
grant execute on function public.run_ledger(uuid, bigint, text, integer) to authenticated;
