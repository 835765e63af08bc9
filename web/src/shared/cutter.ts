// Cutting a stream of blobs of any size into chunks of one size. Pure.

/**
 * How many whole chunks may leave `heldBytes` now. A chunk is cut only when more than one chunk is held, so the last one,
 * cut when the recording ends, always has 1 … chunkSize bytes and is never empty.
 */
export function chunksToCut(heldBytes: number, chunkSize: number): number {
  return heldBytes <= chunkSize ? 0 : Math.ceil(heldBytes / chunkSize) - 1;
}

export interface Cut {
  chunks: ArrayBuffer[];
  rest: ArrayBuffer | null;
}

/** Joins the parts in order and cuts them. With `final` the remainder becomes the last chunk; nothing held gives no chunk. */
export function cut(parts: readonly ArrayBuffer[], chunkSize: number, final: boolean): Cut {
  const held = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const all = new Uint8Array(held);
  let at = 0;
  for (const part of parts) {
    all.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  const count = chunksToCut(held, chunkSize);
  const chunks = Array.from({ length: count }, (_, i) => all.slice(i * chunkSize, (i + 1) * chunkSize).buffer);
  const rest = all.slice(count * chunkSize).buffer;
  if (final && rest.byteLength > 0) chunks.push(rest);
  return { chunks, rest: final || rest.byteLength === 0 ? null : rest };
}

/** Where chunk boundaries of a file of known size lie. */
export function fileChunks(size: number, chunkSize: number): { start: number; end: number }[] {
  return Array.from({ length: Math.ceil(size / chunkSize) }, (_, i) => ({ start: i * chunkSize, end: Math.min(size, (i + 1) * chunkSize) }));
}
