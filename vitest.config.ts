import { defineConfig, type ViteUserConfig } from 'vitest/config'

/**
 * Every test file runs in a process of its own, on real files, processes and sockets;
 * `test/setup.ts` gives it a home and a temporary directory of its own.
 *
 * Type tests (`*.test-d.ts`) report only their own errors: those of the source belong to `npm run check`.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['{src,test,scripts,examples,bench}/**/*.test.ts'],
    pool: 'forks',
    setupFiles: ['test/setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    typecheck: {
      enabled: true,
      checker: 'tsc',
      include: ['{src,test}/**/*.test-d.ts'],
      ignoreSourceErrors: true,
    },
  },
})

export default config
