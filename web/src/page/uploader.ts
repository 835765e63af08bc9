// Where the uploader runs.
import type { Command, EngineState, UploadEvent } from '../shared/protocol.ts';

export interface Uploader {
  send(command: Command): Promise<EngineState>;
}

/** Starts the uploader in this page. */
export async function connectUploader(onEvent: (event: UploadEvent) => void, _pendingWork: () => Promise<boolean>): Promise<Uploader> {
  const { Engine } = await import('../sw/engine.ts');
  const engine = await Engine.open({ onEvent, log: (line) => console.log(`[page] ${line}`) });
  return {
    send: async (command) => {
      const state = await engine.handle(command);
      void engine.processUploads();
      return state;
    },
  };
}
