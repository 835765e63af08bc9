// Whatever sizes the blobs of a recording have, its chunks are the same bytes in the same order.
import { expect, test } from 'vitest';
import { chunksToCut, cut, fileChunks } from '../../src/shared/cutter.ts';
import { property, type Random } from '../support/random.ts';

const bytes = (random: Random, size: number): ArrayBuffer => Uint8Array.from({ length: size }, () => random.int(0, 255)).buffer;
const join = (parts: readonly ArrayBuffer[]): string => Buffer.concat(parts.map((part) => Buffer.from(part))).toString('hex');

test('all chunks but the last have the chunk size, the last is never empty, and nothing is lost', () => property(300, (random) => {
  const size = random.int(1, 64);
  const blobs = Array.from({ length: random.int(0, 20) }, () => bytes(random, random.int(0, random.next() < 0.2 ? 300 : 40)));
  const chunks: ArrayBuffer[] = [];
  let held: ArrayBuffer[] = [];
  for (const blob of blobs) {
    const { chunks: made, rest } = cut([...held, blob], size, false);
    chunks.push(...made);
    held = rest ? [rest] : [];
    expect(rest?.byteLength ?? 0).toBeLessThanOrEqual(size);
  }
  const { chunks: last, rest } = cut(held, size, true);
  expect(rest).toBeNull();
  chunks.push(...last);
  expect(join(chunks)).toBe(join(blobs));
  for (const chunk of chunks.slice(0, -1)) expect(chunk.byteLength).toBe(size);
  for (const chunk of chunks) expect(chunk.byteLength).toBeGreaterThan(0);
}));

test('a recording of exactly whole chunks ends with a whole chunk', () => {
  const { chunks, rest } = cut([new ArrayBuffer(30)], 10, false);
  expect(chunks.map((chunk) => chunk.byteLength)).toEqual([10, 10]);
  expect(cut([rest as ArrayBuffer], 10, true).chunks.map((chunk) => chunk.byteLength)).toEqual([10]);
});

test.each([[0, 0], [1, 0], [10, 0], [11, 1], [20, 1], [21, 2], [30, 2]])('%i bytes held let %i chunks of ten go', (held, expected) => {
  expect(chunksToCut(held, 10)).toBe(expected);
});

test('the chunks of a file cover it once', () => property(200, (random) => {
  const size = random.int(0, 500);
  const pieces = fileChunks(size, random.int(1, 50));
  let at = 0;
  for (const { start, end } of pieces) {
    expect(start).toBe(at);
    expect(end).toBeGreaterThan(start);
    at = end;
  }
  expect(at).toBe(size);
}));
