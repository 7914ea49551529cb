import type { AuthServices, Database } from '../auth-services.ts';
import { invalid } from '../requests/auth-error.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import { USER_COLUMNS } from '../users/find-user.ts';
import { AUDIENCE } from '../users/insert-user.ts';
import { presentUser, type UserRecord } from '../users/user-record.ts';

const DEFAULT_PER_PAGE = 50;
const MAX_PER_PAGE = 1000;

export interface UserPage {
  readonly body: JsonObject;
  readonly headers: Record<string, string>;
}

/** GET /admin/users: one page, newest first, with the headers `link` and `x-total-count` for the others. */
export async function adminListUsers({ pool }: AuthServices, request: Request): Promise<UserPage> {
  const query = new URL(request.url).searchParams;
  const page = readCount(query, 'page', 1);
  const perPage = Math.min(readCount(query, 'per_page', DEFAULT_PER_PAGE), MAX_PER_PAGE);
  const total = await countUsers(pool);
  const users = await selectPage(pool, perPage, (page - 1) * perPage);
  return {
    body: { users: users.map(presentUser), aud: AUDIENCE },
    headers: { 'x-total-count': String(total), link: linkHeader(page, perPage, total) },
  };
}

function readCount(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name) || String(fallback);
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count < 1) throw invalid(`Bad Pagination Parameters: ${name} must be 1 or more`);
  return count;
}

/** supabase-js takes the page from the first parameter of each address. */
function linkHeader(page: number, perPage: number, total: number): string {
  const last = Math.ceil(total / perPage);
  const link = (number: number, rel: string) => `</admin/users?page=${number}&per_page=${perPage}>; rel="${rel}"`;
  return page < last ? `${link(page + 1, 'next')}, ${link(last, 'last')}` : link(last, 'last');
}

async function countUsers(db: Database): Promise<number> {
  const { rows } = await db.query<{ total: number }>(
    'select count(*)::integer as total from auth.users where deleted_at is null',
  );
  return rows[0]?.total ?? 0;
}

async function selectPage(db: Database, limit: number, offset: number): Promise<UserRecord[]> {
  const { rows } = await db.query<UserRecord>(
    `select ${USER_COLUMNS} from auth.users u where u.deleted_at is null
     order by u.created_at desc, u.id limit $1 offset $2`,
    [limit, offset],
  );
  return rows;
}
