import { type CatalogueRule, FUNCTIONS } from './rule.ts';

/** The Data API calls it before each request, as whatever role the request has. */
const PRE_REQUEST = 'private.check_request';

export const FUNCTION_RULES: readonly CatalogueRule[] = [
  {
    name: 'comment on functions',
    query: `select name from ${FUNCTIONS} where obj_description(oid, 'pg_proc') is null`,
    message: 'is a function without a comment',
  },
  {
    name: 'empty search path',
    query: `select name from ${FUNCTIONS} where not coalesce(proconfig @> '{"search_path=\\"\\""}', false)`,
    message: `is a function without "set search_path = ''"`,
  },
  {
    name: 'no functions for everyone',
    query: `select distinct f.name from ${FUNCTIONS}, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
      where a.grantee = 0 or (a.grantee = 'anon'::regrole and f.name <> '${PRE_REQUEST}')`,
    message: 'can be executed by anon or PUBLIC: revoke, then grant by name',
  },
  {
    name: 'rights of the caller',
    query: `select name from ${FUNCTIONS} where schema = 'public' and prosecdef`,
    message: 'is exposed and runs with the rights of its owner: let it call a checked function in private',
  },
];
