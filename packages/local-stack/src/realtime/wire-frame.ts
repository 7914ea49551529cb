/** A whole websocket frame, header and payload in one piece: any number of sockets can be sent the same bytes. */
export function wireFrame(payload: string | Uint8Array, binary: boolean): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
  const header = headerBytes(length);
  const frame = Buffer.allocUnsafe(header + length);
  // The last frame of its message, of text or of bytes (RFC 6455, section 5.2). A server's frames are not masked.
  frame[0] = binary ? 0x82 : 0x81;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof payload === 'string') frame.write(payload, header);
  else frame.set(payload, header);
  return frame;
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}
