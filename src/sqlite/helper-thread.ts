/**
 * The helper thread of a store: everything that waits for the disk happens here, never on the store's own thread.
 *
 * Order matters. The helper opens first, so that it pays for the recovery of a write-ahead log left by a crash, and closes
 * last, so that the checkpoint of the last connection is its own. It syncs the log through a descriptor of its own; that
 * is safe, because SQLite keeps no lock on the log file (its locks are on store.db and -shm, which nothing here opens).
 */
import { parentPort, workerData } from 'node:worker_threads'
import { HelperStore } from './helper-store.ts'
import { Repeater } from './repeater.ts'
import {
  type HelperCall,
  type HelperCalls,
  type HelperMessage,
  type HelperRequest,
  type HelperSetup,
  toErrorMessage,
} from './helper-protocol.ts'

/** How often the helper looks for commits of other processes, ms: of the 50 promised (F6), 10 are left for the way. A wake costs some 0.2 ms here, most of it the timer. */
const watchEveryMs = 40

const port = parentPort
if (port === null) throw new Error('The helper thread of Holdfast was started outside a worker.')

function send(message: HelperMessage): void {
  port?.postMessage(message)
}

function serve(store: HelperStore): void {
  let watch: ReturnType<typeof setInterval> | undefined
  const repeater = new Repeater(store, (error) => send({ failed: toErrorMessage(error) }))
  const calls: { [Call in HelperCall]: (input: HelperCalls[Call]['input']) => HelperCalls[Call]['output'] } = {
    sync: () => store.sync(),
    measure: () => store.walBytes(),
    checkpoint: ({ mode, waitMs }) => store.checkpoint(mode, waitMs),
    watch: (isOn) => {
      clearInterval(watch)
      watch = isOn ? setInterval(look, watchEveryMs) : undefined
      if (isOn) look()
      return undefined
    },
    script: (script) => store.runScript(script),
    backup: ({ file, prefix }) => store.backup(file, prefix),
    repeat: (repetition) => repeater.set(repetition),
    close: () => {
      clearInterval(watch)
      repeater.stop()
      store.close()
      return undefined
    },
  }
  function look(): void {
    const changedTo = store.findForeignCommits()
    if (changedTo !== undefined) send({ changedTo })
  }
  port?.on('message', ({ number, call, input }: HelperRequest) => {
    try {
      const output = (calls[call] as (input: unknown) => unknown)(input)
      send({ number, output })
    } catch (error) {
      send({ number, error: toErrorMessage(error) })
    }
    if (call === 'close') port?.close()
  })
}

try {
  const store = await HelperStore.open(workerData as HelperSetup)
  serve(store)
  send({ ready: true, walBytes: store.walBytes(), created: store.created })
} catch (error) {
  send({ number: 0, error: toErrorMessage(error) })
}
