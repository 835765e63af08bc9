import path from 'node:path';

const own = (file: string): string => path.resolve(import.meta.dirname, 'src/sw', file);

/**
 * tus-js-client brings libraries for what every browser of today has built in; without them the worker is a fifth smaller. Those named by
 * a path are its own; no other package imports files of these names.
 */
export const aliases = { 'url-parse': own('native-url.ts'), 'js-base64': own('native-base64.ts'), './error.js': own('native-error.ts'), './uuid.js': own('native-uuid.ts') };
