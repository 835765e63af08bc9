import type { Page } from '@playwright/test';

interface Asked {
  stores: string[];
  durability: string;
}

/** Notes every writing transaction of the page and the durability the browser gave it. */
export async function spyOnTransactions(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const asked: { stores: string[]; durability: string }[] = [];
    Object.assign(window, { __asked: asked });
    const original = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function transaction(stores, mode, options) {
      const tx = original.call(this, stores, mode, options);
      if (mode === 'readwrite') asked.push({ stores: [...tx.objectStoreNames], durability: tx.durability });
      return tx;
    };
  });
}

/** The durability of each transaction that took recorded bytes in. */
export async function durabilities(page: Page): Promise<string[]> {
  const asked = await page.evaluate(() => (window as unknown as { __asked: Asked[] }).__asked);
  return asked.filter(({ stores }) => stores.includes('parts')).map(({ durability }) => durability);
}
