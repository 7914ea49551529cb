import { broadcastJson } from './broadcast.ts';
import { MalformedFrame, parseJson, type Serializer, textFrame, toClientMessage } from './serializer.ts';

/** Version 1.0.0: every message is a JSON object. Binary payloads do not exist in it. */
export const serializerV1: Serializer = {
  decode(data, binary) {
    const parsed = binary ? undefined : parseJson(data.toString());
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new MalformedFrame('version 1.0.0 sends JSON objects');
    }
    const { join_ref, ref, topic, event, payload } = parsed as Record<string, unknown>;
    return toClientMessage({ joinRef: join_ref, ref, topic, event, payload });
  },

  encode({ joinRef, ref, topic, event, payload }) {
    return textFrame(JSON.stringify({ topic, event, payload, ref, join_ref: joinRef }));
  },

  encodeJson(topic, event, payload) {
    const [name, kind] = [JSON.stringify(topic), JSON.stringify(event)];
    return textFrame(`{"topic":${name},"event":${kind},"payload":${payload},"ref":null,"join_ref":null}`);
  },

  encodeBroadcast(topic, broadcast) {
    const payload = broadcastJson(broadcast);
    return payload === undefined ? undefined : this.encodeJson(topic, 'broadcast', payload);
  },
};
