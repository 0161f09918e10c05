/**
 * A process that puts, replaces and deletes artifacts, and says before and after each what it does. Told what to do by its one argument; it
 * begins when something arrives on its standard input, so that a tracer can be attached to it when everything is loaded.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { openStore, type Store } from '../../../src/index.ts'
import { shelf } from '../../artifacts/sample-artifacts.ts'
import { tell } from '../pipe.ts'
import { SeededRandom } from '../seeded-random.ts'
import type { ArtifactSessionSetup } from './session-setup.ts'

const setup = JSON.parse(process.argv[2] ?? '{}') as ArtifactSessionSetup
const random = new SeededRandom(setup.seed)
const store: Store<typeof shelf> = await openStore(shelf, {
  directory: setup.directory,
  report: ({ type }) => tell('found', 'report', type),
})
const { reports } = store

/** Few different contents, so that processes meet at the same files; some take several writes. */
const contents = Array.from({ length: 6 }, (_, at) => Buffer.from(`content ${at} `.repeat(at % 3 === 0 ? 150_000 : 10)))
const hashes = contents.map((bytes) => createHash('sha256').update(bytes).digest('hex'))

if (setup.isUnsynced === true) await plantUnsynced()
tell('open')
await once(process.stdin, 'data')
if (setup.work === 'steps') await runSteps()
else await Promise.all([1, 2, 3].map((line) => runByChance(`${setup.name}.${line}`)))
await attempt(() => store.close())
tell('found', 'closed', '')
process.exit(0)

/** Puts and sweeps sync through handles; the database has other ways. */
async function plantUnsynced(): Promise<void> {
  const handle = await open(import.meta.filename)
  Object.getPrototypeOf(handle).sync = async () => undefined
  await handle.close()
}

/** One of each: new bytes, the same bytes, other bytes, none; a commit of the program's own; a sweep. */
async function runSteps(): Promise<void> {
  const first = await attempt(() => put(0))
  const second = await attempt(() => put(0))
  const third = await attempt(() => put(1))
  if (third !== undefined) await attempt(() => replace(third, 2))
  if (first !== undefined) await attempt(() => remove(first))
  if (second !== undefined) await attempt(() => remove(second))
  await attempt(() => stageAndAttach(3))
  await attempt(() => reports.sweep())
}

/** One thing after the other, so that each is known to be done or not; with others beside it that meet at the same files. */
async function runByChance(name: string): Promise<void> {
  for (;;) {
    const at = random.below(contents.length)
    const mine = reports.find({ index: 'byName', equals: [name], limit: 20 }).items
    const some = mine.length === 0 ? undefined : random.pick(mine).id
    if (some === undefined || random.chance(0.4))
      await attempt<unknown>(() => (random.chance(0.2) ? stageAndAttach(at, name) : put(at, name)))
    else if (random.chance(0.3)) await attempt(() => replace(some, at))
    else await attempt(() => remove(some))
  }
}

/** Other steps of this process may have deleted it meanwhile; a disk that fails may refuse. Nothing is done then. */
async function attempt<Value>(step: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await step()
  } catch (error) {
    tell('found', 'fail', String((error as { code?: unknown }).code ?? error))
    return undefined
  }
}

async function put(at: number, name = setup.name): Promise<string> {
  const { id } = await reports.put(contents[at] as Buffer, { title: 'put' }, { name })
  tell('found', 'put', `${id} ${hashes[at]}`)
  return id
}

async function replace(id: string, at: number): Promise<void> {
  tell('found', 'replacing', `${id} ${hashes[at]}`)
  await reports.put(contents[at] as Buffer, { title: 'replaced' }, { replace: id })
  tell('found', 'replaced', `${id} ${hashes[at]}`)
}

async function remove(id: string): Promise<void> {
  tell('found', 'deleting', id)
  await store.commit((tx) => tx.reports.delete(id))
  tell('found', 'deleted', id)
}

async function stageAndAttach(at: number, name = setup.name): Promise<void> {
  const staged = await reports.stage(contents[at] as Buffer, { title: 'staged' }, { name })
  try {
    await store.commit((tx) => tx.reports.attach(staged))
    tell('found', 'put', `${staged.id} ${hashes[at]}`)
  } finally {
    await staged.discard()
  }
}
