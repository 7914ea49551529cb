import type { ClientBase } from 'pg';

/**
 * The number of the instrument with a symbol, which is added if there is none. Holds the row until the transaction ends,
 * so that nobody deletes the instrument meanwhile.
 *
 * @param name for people; used only if the instrument is new
 */
export async function findOrAddInstrument(
  client: ClientBase,
  symbol: string,
  name: string | undefined,
): Promise<number> {
  const find = () =>
    client.query<{ id: number }>('select id from public.instruments where symbol = $1 for key share', [symbol]);
  const [known] = (await find()).rows;
  if (known) return known.id;
  await client.query('insert into public.instruments (symbol, name) values ($1, $2) on conflict (symbol) do nothing', [
    symbol,
    name ?? null,
  ]);
  const [added] = (await find()).rows;
  if (!added) throw new Error(`the instrument ${symbol} was deleted while it was being added; import again`);
  return added.id;
}
