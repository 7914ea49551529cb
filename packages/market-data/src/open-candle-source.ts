import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CandleImportError } from './candle-import-error.ts';

/** A path of a file, `.csv` or `.csv.gz`, or the bytes of a CSV file in pieces, such as a Readable. */
export type CandleSource = string | AsyncIterable<Uint8Array>;

const PIECE_BYTES = 256 * 1024;

/**
 * The bytes of a source, in pieces, unpacked.
 *
 * @throws CandleImportError `file_not_found` or `file_unreadable` while it is read
 */
export async function* openCandleSource(source: CandleSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (typeof source !== 'string') {
    yield* source;
    return;
  }
  try {
    const file = createReadStream(source, { highWaterMark: PIECE_BYTES, signal });
    yield* source.endsWith('.gz') ? pipeline(file, createGunzip({ chunkSize: PIECE_BYTES }), () => {}) : file;
  } catch (error) {
    signal?.throwIfAborted();
    throw asImportError(source, error);
  }
}

function asImportError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  if (error.code === 'ENOENT') return new CandleImportError('file_not_found', `there is no file ${path}`, { path });
  return new CandleImportError('file_unreadable', `${path} cannot be read: ${error.message}`, { path });
}
