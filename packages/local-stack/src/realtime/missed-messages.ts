import type { Pool } from 'pg';
import { inTransaction } from './in-transaction.ts';

const PAGE = 500;

/**
 * Reads the rows of realtime.messages from a time on, in the order in which they were inserted, page by page: a long
 * outage must not fill the memory. Columns are text in the form in which replication sends them.
 */
export async function readMessagesSince(
  pool: Pool,
  since: Date,
  onRow: (row: Record<string, unknown>) => void,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(
      `declare missed no scroll cursor for
       select id::text, topic, event, payload::text, binary_payload::text, inserted_at::text,
              case when private then 't' else 'f' end as private
       from realtime.messages
       where inserted_at >= '${since.toISOString().slice(0, -1)}'::timestamp
       order by realtime.messages.inserted_at, tableoid, ctid`,
    );
    for (;;) {
      const { rows } = await client.query<Record<string, unknown>>(`fetch ${PAGE} from missed`);
      for (const row of rows) onRow(row);
      if (rows.length < PAGE) return;
    }
  });
}
