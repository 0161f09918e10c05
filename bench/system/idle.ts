import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { atMost, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { buildPackage } from '../harness/built-package.ts'
import { median } from '../harness/statistics.ts'

export const idle: Benchmark = {
  name: 'idle',
  about: 'what an open store with a follower costs while nothing happens: memory over a bare Node, share of one core',
  run: runIdle,
}

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

interface Idle {
  readonly rssBytes: number
  readonly cpuShare: number
}

async function runIdle(context: Context): Promise<readonly Figure[]> {
  const { sizes, workspace, driver } = context
  // As it is shipped, because from source Node's type stripping would be counted too.
  const entry = sizes.isBuilt ? join(await buildPackage(workspace), 'index.js') : join(root, 'src/index.ts')
  const measure = async (script: string): Promise<readonly Idle[]> => {
    const measured: Idle[] = []
    for (let at = 0; at < sizes.idleProcesses; at += 1) {
      const task = { entry: pathToFileURL(entry).href, directory: workspace.directory('idle'), driver, idleMs: sizes.idleMs }
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script, JSON.stringify(task)])
      measured.push(JSON.parse(stdout) as Idle)
    }
    return measured
  }
  const bare = await measure(bareScript)
  const store = await measure(storeScript)
  const mebibytes = (measured: readonly Idle[]): number => median(measured.map(({ rssBytes }) => rssBytes)) / 1024 / 1024
  const percent = (measured: readonly Idle[]): number => median(measured.map(({ cpuShare }) => cpuShare)) * 100
  const name = 'idle'
  return [
    { name, unit: 'MiB', value: mebibytes(store) - mebibytes(bare), reach: atMost(35, 'value'), note: 'resident, over a bare Node' },
    { name: `${name}/cpu`, unit: '%', value: percent(store), reach: atMost(1, 'value'), note: 'of one core' },
    { name: `${name}/bare`, unit: 'MiB', value: mebibytes(bare), note: 'resident, a bare Node' },
    { name: `${name}/bare-cpu`, unit: '%', value: percent(bare), note: 'of one core' },
  ]
}

/** Waits for the process to settle, then for as long as it is told; prints what it holds and what it used. */
const waitAndPrint = `
import { setTimeout as delay } from 'node:timers/promises'
const task = JSON.parse(process.argv[1])
async function waitAndPrint() {
  await delay(task.idleMs / 2)
  const before = process.cpuUsage()
  await delay(task.idleMs)
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ rssBytes: process.memoryUsage.rss(), cpuShare: (user + system) / 1000 / task.idleMs }))
}`

const bareScript = `${waitAndPrint}
await waitAndPrint()`

const storeScript = `${waitAndPrint}
const { openStore, defineState, collection } = await import(task.entry)
const schema = { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } }
const state = defineState({ name: 'idle', version: 1, kinds: { hosts: collection(schema, { key: 'address' }) } })
const store = await openStore(state, { directory: task.directory, driver: task.driver })
await store.commit((tx) => tx.hosts.put({ address: '10.0.0.1' }))
const following = (async () => { for await (const commit of store.follow()) commit.revision })()
await waitAndPrint()
await store.close()
await following`
