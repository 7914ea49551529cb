-- What comments say of runs and their ledger, brought up to the runner protocol.
--
-- Objects: comments alone.
-- Risk: none.

comment on table public.fills is 'Executions of orders, by month. Written from what runners report (report_run). Never changed, but that a deleted position leaves its fills without it.';
comment on column public.fills.seq is 'Number of the fill in its run, given by the database as fills are taken: from 1 without gaps, up to trading_runs.last_fill_seq.';
comment on column public.fills.external_id is 'Name that the broker gave it, unique in its run: sending it again makes no second fill.';
comment on table public.run_logs is 'What runs say, by month. Written from what runners report (report_run). Dropped at the end of the retention.';
comment on column public.run_logs.seq is 'Number of the line in its run, given by the database as lines are taken: from 1 without gaps, up to trading_runs.last_log_seq.';
comment on column public.trading_runs.last_fill_seq is 'Number of the last fill of the run; the next one gets the next.';
comment on column public.trading_runs.last_log_seq is 'Number of the last log line of the run; the next one gets the next.';
comment on table public.orders is 'Orders of runs, from the intention to the broker''s last word. Those that open are made by the risk gate (submit_order_intents), refused ones too; those that reduce also by reports (report_run), which write what becomes of all of them.';
comment on table public.positions is 'Positions of runs: what is or was held, from opening to closing. Derived from fills by the database; reports add marks and stops.';
comment on table public.trades is 'Round trips: one entry and one exit of the same size, first in first out. A position that is built or closed in parts has several. Derived from fills by the database.';
comment on table public.signals is 'What the strategy of a run said of a symbol, and whether it was acted on. Written from what runners report (report_run).';
comment on table public.bot_events is 'What happened to a bot beside its trading: started, paused, refused, limits reached, connection lost; or to a strategy that no bot runs. Written by the functions that control bots, by the risk gate, and from what runners report.';
