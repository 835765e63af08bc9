import path from 'node:path';

const own = (file: string): string => path.resolve(import.meta.dirname, 'src/sw', file);

/** tus-js-client brings libraries for what every browser of today has built in; without them the worker is a fifth smaller. */
export const aliases = { 'url-parse': own('native-url.ts'), 'js-base64': own('native-base64.ts') };
