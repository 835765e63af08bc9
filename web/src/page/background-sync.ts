import { SYNC_TAG } from '../shared/protocol.ts';

/**
 * Asks the browser to call the worker even when no page is open, also after the browser itself was killed and started anew: a sync
 * under way at that moment is called again at the next start. So one is kept under way while anything is recorded or pending.
 * Not every browser has it; in the others the next visit goes on.
 */
export async function registerSync(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
  await sync?.register(SYNC_TAG).catch(() => {});
}
