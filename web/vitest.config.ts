import { defineConfig } from 'vitest/config';
import { aliases } from './vite.aliases.ts';

// tus-js-client goes through vite here, too, so that the tests see it as it is built.
export default defineConfig({
  resolve: { alias: aliases },
  test: {
    include: ['test/unit/**/*.test.ts'],
    environment: 'node',
    // Only what hangs: how long a test takes is the machine's doing.
    testTimeout: 60_000,
    server: { deps: { inline: ['tus-js-client'] } },
  },
});
