import { crc32 } from 'node:zlib';

/** CRC-32 of the text as eight hexadecimal digits, a space, the text as JSON (so without line breaks), a line break. */
export function checksummedLine(value: unknown): string {
  const text = JSON.stringify(value);
  return `${checksumOf(text)} ${text}\n`;
}

const CHECKSUM_LENGTH = 8;
const NEWLINE = 0x0a;

/**
 * The values of a file's intact lines, and how many bytes those take. What follows them is a line whose write was cut off, by a
 * crash or a lost current, and whatever came behind it: nobody was told that it is safe.
 */
export function readChecksummedLines(bytes: Buffer): { values: unknown[]; intactBytes: number } {
  const values: unknown[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) break;
    const line = bytes.toString('utf8', start, end);
    const text = line.slice(CHECKSUM_LENGTH + 1);
    if (line.slice(0, CHECKSUM_LENGTH) !== checksumOf(text)) break;
    values.push(JSON.parse(text));
    start = end + 1;
  }
  return { values, intactBytes: start };
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_LENGTH, '0');
}
