import type { Broadcast } from './broadcast.ts';
import { wireFrame } from './wire-frame.ts';

/** A message from a client. A broadcast in a binary frame arrives as a `Broadcast`, anything else as parsed JSON. */
export interface ClientMessage {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: unknown;
  readonly broadcast?: Broadcast;
}

export interface ServerMessage {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: unknown;
}

/** A whole websocket frame, ready for any number of sockets. */
export interface Frame {
  readonly wire: Buffer;
}

/** One version of the Phoenix wire format. */
export interface Serializer {
  /** Throws MalformedFrame for anything that is not a message. */
  decode(data: Buffer, binary: boolean): ClientMessage;
  encode(message: ServerMessage): Frame;
  /** A message whose payload is JSON already. */
  encodeJson(topic: string, event: string, payload: string): Frame;
  /** Undefined where this version cannot carry the broadcast. */
  encodeBroadcast(topic: string, broadcast: Broadcast): Frame | undefined;
}

/** A frame that is no message in the serializer's version. */
export class MalformedFrame extends Error {}

/** Parses the JSON of a frame, or throws MalformedFrame. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedFrame('not JSON');
  }
}

/** Checks the parts that both versions have in common. */
export function toClientMessage(parts: Record<keyof Omit<ClientMessage, 'broadcast'>, unknown>): ClientMessage {
  const { joinRef, ref, topic, event, payload } = parts;
  if (typeof topic !== 'string' || typeof event !== 'string') {
    throw new MalformedFrame('a message has a topic and an event, both text');
  }
  return { joinRef: toRef(joinRef), ref: toRef(ref), topic, event, payload };
}

export function textFrame(text: string): Frame {
  return { wire: wireFrame(text, false) };
}

function toRef(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value === null || value === undefined) return null;
  throw new MalformedFrame('a ref is text');
}
