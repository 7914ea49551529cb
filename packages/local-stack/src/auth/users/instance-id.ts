/** What hosted Auth writes into every `instance_id`: the column is left from an Auth for many sites. */
export const INSTANCE_ID = '00000000-0000-0000-0000-000000000000';
