import type { Pool } from 'pg';
import type { Pgoutput } from 'pg-logical-replication';

/** A column of a table as it is now. */
export interface TableColumn {
  readonly name: string;
  /** Name without arguments, `_` before that of an array's elements: `numeric`, `_text`. */
  readonly typeName: string;
  /** As SQL writes it. */
  readonly sqlType: string;
  readonly isKey: boolean;
  /** Roles that may select it, of those asked about. */
  readonly readableBy: readonly string[];
}

export interface Table {
  /** `schema.table`, quoted for SQL. */
  readonly sqlName: string;
  readonly rowSecurity: boolean;
  readonly columns: readonly TableColumn[];
  /** For each column of the replicated relation its SQL type; `text` where a type is gone. */
  readonly relationTypes: readonly string[];
}

/** Looks up a table as it is now; undefined where it is gone. Roles that a token cannot have may read nothing. */
export async function describeTable(
  pool: Pool,
  relation: Pgoutput.MessageRelation,
  roles: readonly string[],
): Promise<Table | undefined> {
  const { rows } = await pool.query<Table>(
    `select format('%I.%I', nspname, relname) as "sqlName", relrowsecurity as "rowSecurity",
       (select json_agg(json_build_object(
           'name', attname,
           'typeName', typname,
           'sqlType', format_type(atttypid, null),
           'isKey', attnum = any (coalesce(conkey, '{}')),
           'readableBy', (
             select coalesce(json_agg(rolname), '[]') from pg_roles
             where rolname = any ($2::text[])
               and rolname <> session_user and pg_has_role(session_user, oid, 'SET')
               and has_schema_privilege(oid, relnamespace, 'USAGE')
               and has_column_privilege(oid, attrelid, attnum, 'SELECT'))
         ) order by attnum)
        from pg_attribute
        join pg_type on pg_type.oid = atttypid
        left join pg_constraint on conrelid = attrelid and contype = 'p'
        where attrelid = pg_class.oid and attnum > 0 and not attisdropped) as columns,
       (select json_agg(case when pg_type.oid is null then 'text' else format_type(pg_type.oid, null) end order by place)
        from unnest($3::int8[]) with ordinality as wanted (type, place)
        left join pg_type on pg_type.oid::int8 = type) as "relationTypes"
     from pg_class
     join pg_namespace on pg_namespace.oid = relnamespace
     where pg_class.oid = $1::int8::oid`,
    // Numbers of types come as signed integers.
    [relation.relationOid >>> 0, roles, relation.columns.map(({ typeOid }) => typeOid >>> 0)],
  );
  return rows[0];
}
