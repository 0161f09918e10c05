import { defineConfig, type ViteUserConfig } from 'vitest/config'

const isShared = process.env['CI'] !== undefined

/**
 * Every test file runs in a process of its own, on real files, processes and sockets;
 * `test/setup.ts` gives it a home and a temporary directory of its own.
 *
 * At a desk nothing is run twice: a test that fails now and then has found something. Where the machine is shared, as in CI, each has more
 * time, since being late is no failure there, and is run once more, since what else runs there is no fault of the change; it is then
 * reported as having been retried, and is to be looked at.
 *
 * Two files at a time at most: each has threads, child processes and syncs of its own.
 *
 * Type tests (`*.test-d.ts`) report only their own errors: those of the source belong to `npm run check`.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['{src,test,scripts,examples,bench}/**/*.test.ts'],
    pool: 'forks',
    setupFiles: ['test/setup.ts'],
    maxWorkers: 2,
    retry: isShared ? 1 : 0,
    testTimeout: isShared ? 60_000 : 20_000,
    hookTimeout: isShared ? 60_000 : 20_000,
    typecheck: {
      enabled: true,
      checker: 'tsc',
      include: ['{src,test}/**/*.test-d.ts'],
      ignoreSourceErrors: true,
    },
  },
})

export default config
