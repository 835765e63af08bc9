// Storages that refuse.

type Put = typeof IDBObjectStore.prototype.put;
interface FakeTransaction {
  _execRequestAsync(request: { source: IDBObjectStore; operation: () => never }): IDBRequest<IDBValidKey>;
}

export const full = (): Error => new DOMException('', 'QuotaExceededError');

/**
 * Fails the puts for which `refuses` gives an error, the way Firefox and WebKit do: the request fails, and its transaction is undone.
 * Returns what lets everything through again.
 */
export function refusePuts(refuses: (store: string, value: unknown) => Error | null): () => void {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function refuse(this: IDBObjectStore, ...args: Parameters<Put>) {
    const error = refuses(this.name, args[0]);
    if (!error) return put.apply(this, args);
    return (this.transaction as unknown as FakeTransaction)._execRequestAsync({ source: this, operation: () => { throw error; } });
  };
  return () => { IDBObjectStore.prototype.put = put; };
}
