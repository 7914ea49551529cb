-- Purpose: however much an operator has Postgres log, the bodies of requests to the Data API, which may hold secrets, are not
--   in it.
-- Objects: settings of the role authenticator.
-- Risk: slow statements of the Data API are logged without their parameters. Connections that are open keep their settings
--   until they end.

do $$
declare
  setting text;
begin
  foreach setting in array array[
    -- With log_statement or log_min_duration_statement.
    'log_parameter_max_length',
    -- With the statement of an error.
    'log_parameter_max_length_on_error',
    -- With the plans of slow statements, and in these plans, which have parameters as constants.
    'auto_explain.log_parameter_max_length',
    'auto_explain.log_verbose',
    'debug_print_parse',
    'debug_print_rewritten',
    'debug_print_plan'
  ] loop
    begin
      execute format('alter role authenticator set %s = 0', setting);
    exception when insufficient_privilege then
      raise warning 'this server does not let % set %: see to it that it logs no parameters', current_user, setting;
    end;
  end loop;
end
$$;
