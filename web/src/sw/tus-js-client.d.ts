// The untranspiled module inside tus-js-client 4.3.1: without the browser entry's URL storage, which touches `localStorage`
// at load and so breaks in a worker, and a third of the size of the ES5 build.
declare module 'tus-js-client/lib/upload.js' {
  import type { UploadOptions, HttpStack } from 'tus-js-client';
  interface Source {
    size: number;
    slice(start: number, end: number): Promise<{ value: unknown; done: boolean }>;
    close(): void;
  }
  interface BaseOptions extends Omit<UploadOptions, 'fileReader' | 'httpStack'> {
    fileReader: { openFile(input: ArrayBuffer, chunkSize: number): Promise<Source> };
    httpStack: HttpStack | object;
    protocol: 'tus-v1';
  }
  export default class BaseUpload {
    constructor(file: ArrayBuffer, options: Partial<BaseOptions>);
    url: string | null;
    start(): void;
    abort(shouldTerminate?: boolean): Promise<void>;
  }
}
