// When to try again. Pure: every function is given the time.
import { PATCH_SIZE_MIN } from './protocol.ts';

export const INITIAL_DELAY_MS = 2_000;
export const MAX_DELAY_MS = 60_000;
export const CONFLICT_DELAY_MS = 500;
export const CONFLICTS_MAX = 20;
export const RETRY_AFTER_MAX_MS = 600_000;
export const FALLBACK_PROBE_MS = 60_000;
export const JITTER = 0.2;

/** 2, 4, 8, 16, 32, 60, 60 … s, each moved by up to ±20 % (`random` is 0 … 1) so that many clients do not return together. */
export function retryDelay(retryCount: number, random = 0.5): number {
  const base = Math.min(INITIAL_DELAY_MS * 2 ** Math.min(retryCount, 16), MAX_DELAY_MS);
  return Math.round(base * (1 - JITTER + 2 * JITTER * random));
}

/** Retry-After in seconds or as a date (RFC 9110 10.2.3); null when absent or not readable. At most ten minutes. */
export function parseRetryAfter(value: string | null | undefined, now: number): number | null {
  if (value === null || value === undefined) return null;
  const text = value.trim();
  const ms = /^[0-9]{1,9}$/.test(text) ? Number(text) * 1000 : /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) - now : NaN;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS);
}

/**
 * Is a wait over? The wall clock may be set while a chunk waits: one that was set back since the wait began, or a rest longer
 * than any wait we ever write, makes it due at once.
 */
export function isDue(wait: { nextRetryAt: number; savedAt: number }, now: number, longestMs = MAX_DELAY_MS): boolean {
  if (wait.nextRetryAt <= now || now < wait.savedAt) return true;
  return wait.nextRetryAt - now > longestMs * (1 + JITTER);
}

/** A PATCH that was cut without any gain is too long for this network; one that went through may be longer again. */
export function nextPatchSize(current: number, gained: boolean, max: number): number {
  return gained ? Math.min(max, current * 2) : Math.max(Math.min(PATCH_SIZE_MIN, max), Math.floor(current / 2));
}
