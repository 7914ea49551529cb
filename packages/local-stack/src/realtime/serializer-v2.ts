import { type Broadcast, broadcastJson, broadcastMeta } from './broadcast.ts';
import {
  type ClientMessage,
  type Frame,
  MalformedFrame,
  parseJson,
  type Serializer,
  textFrame,
  toClientMessage,
} from './serializer.ts';
import { wireFrame } from './wire-frame.ts';

const BROADCAST_FROM_CLIENT = 3;
const BROADCAST_TO_CLIENT = 4;
const BINARY_PAYLOAD = 0;
const JSON_PAYLOAD = 1;
/** Lengths in a binary header are one byte each. */
const MAX_FIELD_BYTES = 255;

/** Version 2.0.0: JSON arrays, and broadcasts as binary frames. */
export const serializerV2: Serializer = {
  decode(data, binary) {
    if (binary) return decodeBinary(data);
    const parsed = parseJson(data.toString());
    if (!Array.isArray(parsed)) throw new MalformedFrame('version 2.0.0 sends JSON arrays');
    const [joinRef, ref, topic, event, payload] = parsed as unknown[];
    return toClientMessage({ joinRef, ref, topic, event, payload });
  },

  encode({ joinRef, ref, topic, event, payload }) {
    return textFrame(JSON.stringify([joinRef, ref, topic, event, payload]));
  },

  encodeJson: encodeText,

  encodeBroadcast(topic, broadcast) {
    return encodeBinary(topic, broadcast) ?? encodeAsText(topic, broadcast);
  },
};

/** `[3, joinRefLen, refLen, topicLen, eventLen, metaLen, encoding]`, the five fields, the payload. */
function decodeBinary(data: Buffer): ClientMessage {
  const header = 7;
  if (data[0] !== BROADCAST_FROM_CLIENT || data.length < header) throw new MalformedFrame('not a broadcast frame');
  let offset = header;
  const field = (index: number) => {
    const start = offset;
    offset += data[index] ?? 0;
    if (offset > data.length) throw new MalformedFrame('a broadcast frame ends inside its header');
    return data.toString('utf8', start, offset);
  };
  const joinRef = field(1);
  const ref = field(2);
  const topic = field(3);
  const event = field(4);
  const metadata = field(5);
  return {
    joinRef: joinRef || null,
    ref: ref || null,
    topic,
    event: 'broadcast',
    payload: metadata === '' ? {} : parseJson(metadata),
    broadcast: { event, payload: decodePayload(data[6], data.subarray(offset)) },
  };
}

function decodePayload(encoding: number | undefined, bytes: Buffer): Broadcast['payload'] {
  if (encoding === BINARY_PAYLOAD) return { encoding: 'binary', bytes };
  if (encoding !== JSON_PAYLOAD) throw new MalformedFrame('a broadcast payload is JSON or binary');
  const json = bytes.toString();
  // Subscribers parse this text, and other versions embed it: what is not JSON must not reach them.
  parseJson(json);
  return { encoding: 'json', json };
}

/** `[4, topicLen, eventLen, metaLen, encoding]`, the three fields, the payload. */
function encodeBinary(topic: string, broadcast: Broadcast): Frame | undefined {
  const { event, payload } = broadcast;
  const fields = [topic, event, broadcastMeta(broadcast) ?? ''].map((field) => Buffer.from(field));
  if (fields.some((field) => field.length > MAX_FIELD_BYTES)) return undefined;
  const encoding = payload.encoding === 'json' ? JSON_PAYLOAD : BINARY_PAYLOAD;
  const header = Buffer.from([BROADCAST_TO_CLIENT, ...fields.map((field) => field.length), encoding]);
  const body = payload.encoding === 'json' ? Buffer.from(payload.json) : payload.bytes;
  return { wire: wireFrame(Buffer.concat([header, ...fields, body]), true) };
}

/** A topic or event too long for a binary header still fits into text. */
function encodeAsText(topic: string, broadcast: Broadcast): Frame | undefined {
  const payload = broadcastJson(broadcast);
  return payload === undefined ? undefined : encodeText(topic, 'broadcast', payload);
}

function encodeText(topic: string, event: string, payload: string): Frame {
  return textFrame(`[null,null,${JSON.stringify(topic)},${JSON.stringify(event)},${payload}]`);
}
