import { defineConfig } from 'vitest/config';

// Siblings resolve from source, so nothing needs building before a test runs.
const conditions = ['@simple-im/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: { name: 'unit', include: ['packages/*/test/**/*.test.{ts,mjs}', 'examples/*/test/**/*.test.ts'] },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'interop',
          include: ['packages/*/interop/**/*.test.ts', 'examples/*/interop/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
