import type pg from 'pg';

/** A key as `storeManyCredentials` makes them. */
export function madeUpKey(id: string): string {
  return `key of ${id}`;
}

/** Stores credentials of one user, encrypted to the active key as `create_credential` does, past the quota. Returns their ids. */
export async function storeManyCredentials(client: pg.Client, userId: string, count: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `insert into public.exchange_credentials
       (id, user_id, exchange, name, key_hint, ciphertext, encryption_key_id, has_passphrase)
     select n.id, $1, 'kraken', n.id::text, '****',
       extensions.pgp_pub_encrypt(
         jsonb_build_object('credential_id', n.id, 'user_id', $1::uuid, 'exchange', 'kraken',
                            'key', 'key of ' || n.id::text, 'secret', 'secret of ' || n.id::text)::text,
         extensions.dearmor(k.public_key), 'compress-algo=0, cipher-algo=aes256'),
       k.id, false
     from private.encryption_keys k, (select gen_random_uuid() as id from generate_series(1, $2)) n
     where k.status = 'active'
     returning id`,
    [userId, count],
  );
  return rows.map(({ id }) => id);
}
