/** A program that opens a store and then does one thing, for tests of when a process ends. */
import { closeOnSignals, openStore } from '../../src/index.ts'
import { sample } from '../support/sample.ts'

const [directory = '', what] = process.argv.slice(2)
const store = await openStore(sample, { directory })
const handlers = (): number => ['SIGINT', 'SIGTERM', 'SIGHUP'].reduce((sum, signal) => sum + process.listenerCount(signal), 0)

switch (what) {
  case 'idle':
    break
  case 'commit':
    void store.commit((tx) => tx.title.set('acknowledged')).then(() => process.stdout.write('acknowledged'))
    break
  case 'watch':
    store.title.watch(() => {
      throw new Error('from the watcher')
    })
    await store.commit((tx) => tx.title.set('t'))
    break
  case 'signal': {
    const before = handlers()
    closeOnSignals(store)()
    const taken = handlers()
    closeOnSignals(store, { close: () => process.stdout.write('server ') })
    process.stdout.write(`${before} ${taken} ${handlers()} `)
    setInterval(() => undefined, 1000)
    void store.commit((tx) => tx.title.set('before the signal')).then(() => process.stdout.write('acknowledged '))
    process.kill(process.pid, 'SIGTERM')
  }
}
