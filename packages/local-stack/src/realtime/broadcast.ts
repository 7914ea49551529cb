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
  /** Sent again to a client that asked for what it missed. */
  readonly replayed?: boolean;
}

/** Size that counts against the payload limit, in bytes. */
export function payloadSize({ payload }: Broadcast): number {
  return payload.encoding === 'json' ? Buffer.byteLength(payload.json) : payload.bytes.byteLength;
}

/** The JSON of what is told about a broadcast besides its content; undefined where that is nothing. */
export function broadcastMeta({ id, replayed }: Broadcast): string | undefined {
  return id === undefined ? undefined : JSON.stringify({ id, ...(replayed && { replayed }) });
}

/** The payload object of a `broadcast` event in a text frame; undefined where the payload is binary. */
export function broadcastJson(broadcast: Broadcast): string | undefined {
  const { event, payload } = broadcast;
  if (payload.encoding === 'binary') return undefined;
  const meta = broadcastMeta(broadcast);
  return `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${payload.json}${meta ? `,"meta":${meta}` : ''}}`;
}
