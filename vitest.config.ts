import { defineConfig, type ViteUserConfig } from 'vitest/config'

/**
 * Every test file runs in a process of its own, on real files, processes and sockets;
 * `test/setup.ts` gives it a home and a temporary directory of its own.
 *
 * Where the machine is shared, as in CI, a test that fails is run again, and reported as flaky when it then passes: deadlines of real
 * processes are met late there. At a desk nothing is run twice.
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
    retry: process.env['CI'] === undefined ? 0 : 2,
    typecheck: {
      enabled: true,
      checker: 'tsc',
      include: ['{src,test}/**/*.test-d.ts'],
      ignoreSourceErrors: true,
    },
  },
})

export default config
