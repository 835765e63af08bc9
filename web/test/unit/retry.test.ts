// When a chunk is tried again.
import { expect, test } from 'vitest';
import { isDue, nextPatchSize, parseRetryAfter, retryDelay } from '../../src/shared/retry.ts';
import { PATCH_SIZE, PATCH_SIZE_MIN } from '../../src/shared/protocol.ts';
import { property } from '../support/random.ts';

test('the delays double from two seconds up to a minute', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 1000].map((n) => retryDelay(n))).toEqual([2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
});

test('jitter moves a delay by a fifth at most', () => property(300, (random) => {
  const count = random.int(0, 20);
  const delay = retryDelay(count, random.next());
  expect(Math.abs(delay / retryDelay(count) - 1)).toBeLessThanOrEqual(0.2 + 1e-3);
}));

test.each([
  ['3', 3000], [' 10 ', 10_000], ['0', 0], ['99999', 600_000], ['-1', null], ['soon', null], ['', null],
  ['Thu, 01 Jan 1970 00:00:05 GMT', 4000], ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
])('Retry-After %j is %j ms', (value, expected) => expect(parseRetryAfter(value, 1000)).toBe(expected));

test('a clock set back or far ahead never makes a chunk wait longer than the longest delay', () => property(500, (random) => {
  const savedAt = random.int(0, 10 ** 12);
  const nextRetryAt = savedAt + random.int(0, 72_000);
  const now = savedAt + random.int(-(10 ** 9), 10 ** 9);
  const wait = { nextRetryAt, savedAt };
  if (!isDue(wait, now)) {
    expect(nextRetryAt - now).toBeLessThanOrEqual(72_000);
    expect(now).toBeGreaterThanOrEqual(savedAt);
  }
  expect(isDue(wait, nextRetryAt)).toBe(true);
  expect(isDue(wait, savedAt - 1)).toBe(true);
}));

test('a PATCH that gains nothing is halved down to 16 KiB and grows again', () => {
  const down = Array.from({ length: 8 }, ((size) => () => (size = nextPatchSize(size, false, PATCH_SIZE)))(PATCH_SIZE));
  expect(down).toEqual([262144, 131072, 65536, 32768, 16384, 16384, 16384, 16384]);
  expect(nextPatchSize(PATCH_SIZE_MIN, true, PATCH_SIZE)).toBe(2 * PATCH_SIZE_MIN);
  expect(nextPatchSize(PATCH_SIZE, true, PATCH_SIZE)).toBe(PATCH_SIZE);
});
