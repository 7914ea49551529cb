/** What one broadcast carries: JSON as the text it arrived in, or bytes. */
export type BroadcastPayload =
  | { readonly encoding: 'json'; readonly json: string }
  | { readonly encoding: 'binary'; readonly bytes: Uint8Array };

/** A message on its way to the subscribers of a channel. */
export interface Broadcast {
  readonly event: string;
  readonly payload: BroadcastPayload;
  /** `realtime.messages.id`; only a broadcast from the database has one. */
  readonly id?: string;
}

/** Size that counts against the payload limit, in bytes. */
export function payloadSize({ payload }: Broadcast): number {
  return payload.encoding === 'json' ? Buffer.byteLength(payload.json) : payload.bytes.byteLength;
}

/** The payload object of a `broadcast` event in a text frame; undefined where the payload is binary. */
export function broadcastJson({ event, payload, id }: Broadcast): string | undefined {
  if (payload.encoding === 'binary') return undefined;
  const meta = id === undefined ? '' : `,"meta":${JSON.stringify({ id })}`;
  return `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${payload.json}${meta}}`;
}
