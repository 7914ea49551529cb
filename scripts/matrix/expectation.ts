/** Who tries. All but `anonymous` and `service` hold a token of Auth or, the runners, one of a live runner session. */
export const PERSONAS = [
  'owner',
  'other',
  'viewer',
  'runner',
  'other_runner',
  'anonymous',
  'admin_aal1',
  'admin_aal2',
  'service',
] as const;
export type Persona = (typeof PERSONAS)[number];

export type Row = Record<string, unknown>;

/** A user of the matrix: their id, and the rows made for them so far, by table. */
export interface Tenant {
  readonly userId: string;
  readonly email: string;
  /** The row made for this tenant in a table that comes before, or the one row of a shared table. */
  row(table: string): Row;
}

/**
 * What each persona may do with the rows of one table through the Data API. Whoever is not named must be refused, or see
 * nothing. Each tenant (owner, other, viewer) has one row of an owned table; a shared table has one row. The viewer tries
 * with the viewer's own row, everyone else with the owner's: so `other` in a list of an owned table is a leak.
 */
export interface TableExpectation {
  /** `owned`: each row belongs to a user. `shared`: the same rows for all. */
  readonly kind: 'owned' | 'shared';
  /** Columns of the row, inserted as the role of the migrations; null where a trigger has made the row already. */
  readonly row: ((tenant: Tenant) => Row) | null;
  /** Columns that find the row again; `['id']` by default. */
  readonly key?: readonly string[];
  readonly select: readonly Persona[];
  /** Columns that exist and that no persona may select. */
  readonly hidden?: readonly string[];
  /** Columns that may be selected though their names sound like secrets, each with the reason. */
  readonly notSecret?: Readonly<Record<string, string>>;
  /** Who may insert, with which values: `values` must be those of a legal insert by the tenant. */
  readonly insert?: { readonly by: readonly Persona[]; readonly values: (tenant: Tenant) => Row };
  readonly update?: { readonly by: readonly Persona[]; readonly values: (tenant: Tenant) => Row };
  readonly delete?: readonly Persona[];
  /** Whether an admin at aal2 may read the rows by the audited function admin_read. True unless said otherwise. */
  readonly adminRead?: boolean;
}

/** The tables of one domain, in an order in which their rows can be made. */
export type DomainExpectation = Readonly<Record<string, TableExpectation>>;

/**
 * Who may call one exposed function. The viewer calls it with arguments made for the viewer, everyone else with those made
 * for the owner; whoever is not named must be refused: with 42501, `forbidden`, or as if there were nothing there.
 */
export interface FunctionExpectation {
  readonly by: readonly Persona[];
  /** Arguments of a legal call by the tenant, by name; none by default. */
  readonly args?: (tenant: Tenant) => Row;
  /** Codes with which the call of one who may call it can still end. Without them it must succeed. */
  readonly mayEndWith?: readonly string[];
  /** Answers those who may not with nothing (null, an empty list, false or 0) and no error. */
  readonly silent?: boolean;
}

/** The exposed functions, by name. Allowed calls are made in this order: put last what ends sessions or accounts. */
export type FunctionExpectations = Readonly<Record<string, FunctionExpectation>>;

/** Who may join one kind of private Realtime topic of the owner. Nobody but `service` may send to any. */
export interface TopicExpectation {
  readonly topic: (owner: Tenant) => string;
  readonly by: readonly Persona[];
}

/** The kinds of topics, by their pattern, such as user:<id>. */
export type TopicExpectations = Readonly<Record<string, TopicExpectation>>;
