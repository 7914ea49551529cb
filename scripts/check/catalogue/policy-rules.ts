import { type CatalogueRule, POLICIES } from './rule.ts';

/** A call of one of our or the platform's functions, in an expression from which those within a sub-select are taken away. */
const BARE_CALL = (expression: string) =>
  `regexp_replace(coalesce(${expression}, ''), '\\( *SELECT [a-z_]+\\.[a-z_]+\\([^()]*\\)( AS [a-z_]+)?\\)', '', 'g') ~ '(auth|private|realtime|storage)\\.[a-z_]+\\('`;

export const POLICY_RULES: readonly CatalogueRule[] = [
  {
    name: 'comment on policies',
    query: `select name from ${POLICIES} where schema in ('public', 'private') and obj_description(oid, 'pg_policy') is null`,
    message: 'is a policy without a comment',
  },
  {
    name: 'roles of policies',
    query: `select name from ${POLICIES}
      where polroles && array[0, 'anon'::regrole::oid] and coalesce(qual, with_check) is distinct from 'false'`,
    message: 'is a policy for anon or PUBLIC: name the role it is for',
  },
  {
    name: 'one policy',
    query: `select schema || '.' || table_name || ': ' || command || ' by ' || pg_get_userbyid(role) as name
      from ${POLICIES}, unnest(polroles) role,
        unnest(case polcmd when '*' then '{r,a,w,d}'::"char"[] else array[polcmd] end) c (code),
        lateral (select case c.code when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end) n (command)
      where schema in ('public', 'private') and polpermissive
      group by schema, table_name, command, role having count(*) > 1`,
    message: 'is allowed by more than one policy: Postgres asks them all, and a reader must, too',
  },
  {
    name: 'questions asked once',
    query: `select name from ${POLICIES} where ${BARE_CALL('qual')} or ${BARE_CALL('with_check')}`,
    message: 'calls a function for every row: put it into (select ...), and never pass it a column',
  },
  {
    name: 'index on policy columns',
    query: `select distinct schema || '.' || table_name || '.' || a.attname as name
      from ${POLICIES}
      cross join regexp_matches(qual, '\\m([a-z_]+)\\)? (?:=|IN) (?:ANY )?\\(+ *SELECT', 'g') m
      join pg_attribute a on a.attrelid = polrelid and a.attname = m[1]
      where schema = 'public' and not exists (
        select from pg_index i where i.indrelid = polrelid and i.indkey[0] = a.attnum and i.indpred is null and i.indisvalid)`,
    message: 'is compared in a policy, and no index begins with it',
  },
  {
    name: 'no open writes',
    query: `select name from ${POLICIES}
      where polroles && array['authenticated'::regrole::oid] and (with_check = 'true' or polcmd in ('w', 'd', '*') and qual = 'true')`,
    message: 'lets users write any row: compare user_id',
  },
  {
    name: 'updates checked twice',
    query: `select name from ${POLICIES} where polcmd = 'w' and (qual is null or with_check is null)`,
    message: 'must say both which rows may be updated (using) and what they may become (with check)',
  },
];
