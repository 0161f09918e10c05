import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openSample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const program = fileURLToPath(new URL('./lifetime-program.ts', import.meta.url))

function run(directory: string, what: string): SpawnSyncReturns<string> {
  const args = ['--disable-warning=ExperimentalWarning', program, directory, what]
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000, killSignal: 'SIGKILL' })
}

test('[N2] an open store alone does not keep the process alive', () => {
  expect(run(temporaryDirectory(), 'idle')).toMatchObject({ status: 0, signal: null, stdout: '', stderr: '' })
})

test('[N2] a commit that is not acknowledged keeps the process alive', () => {
  expect(run(temporaryDirectory(), 'commit')).toMatchObject({ status: 0, stdout: 'acknowledged' })
})

test('[N2] what nobody asked to be told of becomes a warning of the process', () => {
  const { status, stderr } = run(temporaryDirectory(), 'watch')
  expect(stderr).toMatch(/\[watcher-failed\] HoldfastWarning: A watcher of "title" threw at revision 1\. from the watcher/)
  expect(status).toBe(0)
})

test.skipIf(process.platform === 'win32')(
  '[N2] opening installs no signal handler; closeOnSignals closes server and store, and lets the signal end the process',
  async () => {
    const directory = temporaryDirectory()
    // The signal and the sync arrive in either order; both come before the end.
    const stdout = expect.stringMatching(/^0 0 3 (?:server acknowledged|acknowledged server) $/)
    expect(run(directory, 'signal')).toMatchObject({ status: null, signal: 'SIGTERM', stdout })
    expect((await openSample({ directory })).title.get()).toBe('before the signal')
  },
)
