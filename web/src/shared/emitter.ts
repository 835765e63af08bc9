import type { EventName, EventPayload, UploadEvent } from './protocol.ts';

type Listener<N extends EventName> = (data: EventPayload<N>) => void;

/** Listeners by event name; one that throws does not keep the others from hearing. */
export class Emitter {
  private readonly listeners = new Map<EventName, Set<(data: never) => void>>();

  /** Returns the function that takes the listener away again. */
  on<N extends EventName>(event: N, listener: Listener<N>): () => void {
    const set = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, set);
    set.add(listener as (data: never) => void);
    return () => set.delete(listener as (data: never) => void);
  }

  emit<N extends EventName>(event: N, data: EventPayload<N>): void {
    for (const listener of this.listeners.get(event) ?? []) {
      try {
        (listener as Listener<N>)(data);
      } catch (error) {
        console.error(error);
      }
    }
  }

  dispatch(event: UploadEvent): void {
    const { type, ...data } = event;
    this.emit(type, data as EventPayload<typeof type>);
  }
}
