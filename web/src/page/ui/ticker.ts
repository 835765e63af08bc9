// One timer for everything on the page that moves. What changes in one task is laid out and painted in one frame, and frames are
// what a page that records costs: five a second instead of nine are a fiftieth of a core less.

export const TICK_MS = 200;

const moving = new Set<() => void>();
const waiting = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function release(): void {
  const tasks = [...waiting];
  waiting.clear();
  for (const task of tasks) task();
}

/** Calls `task` five times a second until what is returned is called. */
export function everyTick(task: () => void): () => void {
  moving.add(task);
  timer ??= setInterval(() => {
    for (const each of [...moving]) each();
    release();
  }, TICK_MS);
  return () => {
    moving.delete(task);
    if (moving.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
    release();
  };
}

/** Calls `task` once, with the next tick; at once when nothing moves. The same function asked for twice is called once. */
export function withNextTick(task: () => void): void {
  if (timer === null) task();
  else waiting.add(task);
}
