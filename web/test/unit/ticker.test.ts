// What moves on the page moves together.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { everyTick, TICK_MS, withNextTick } from '../../src/page/ui/ticker.ts';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

test('where nothing moves, nothing waits', () => {
  const task = vi.fn();
  withNextTick(task);
  expect(task).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('while something moves, what came meanwhile comes once with the next tick, after it', () => {
  const order: string[] = [];
  const stop = everyTick(() => { order.push('tick'); });
  const task = (): void => { order.push('task'); };
  withNextTick(task);
  withNextTick(task);
  expect(order).toEqual([]);
  vi.advanceTimersByTime(2 * TICK_MS);
  expect(order).toEqual(['tick', 'task', 'tick']);
  stop();
});

test('the last one that stops lets go what waits, and the timer', () => {
  const task = vi.fn();
  const stop = [everyTick(() => {}), everyTick(() => {})];
  withNextTick(task);
  stop[0]?.();
  expect(task).not.toHaveBeenCalled();
  stop[1]?.();
  expect(task).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
  stop[1]?.();
});

test('a task may stop itself', () => {
  const task = vi.fn(() => { stop(); });
  const stop = everyTick(task);
  vi.advanceTimersByTime(3 * TICK_MS);
  expect(task).toHaveBeenCalledOnce();
});
