import { createHash } from 'node:crypto'
import { mkdirSync, promises, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { artifacts, type ByteSource, defineState, openStore, type Store } from '../../src/index.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { type Contender, race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'

const benchShelf = defineState({ name: 'bench-shelf', version: 1, kinds: { reports: artifacts(z.object({ title: z.string() })) } })

export const artifactPut64mb: Benchmark = {
  name: 'artifact-put-64mb',
  about: 'an artifact of 64 MiB put from a file, against reading, hashing, writing and syncing it without a store',
  run: runPuts,
}

const pieceBytes = 1024 * 1024

async function runPuts({ driver, sizes, workspace }: Context): Promise<readonly Figure[]> {
  const directory = workspace.directory('artifacts')
  const bytes = Buffer.alloc(sizes.artifactBytes, 'holdfast')
  mkdirSync(directory, { recursive: true })
  const source = join(directory, 'source')
  writeFileSync(source, bytes)
  const store = await openStore(benchShelf, { directory: join(directory, 'store'), driver })
  const contenders = {
    bare: createBarePut(source, join(directory, 'bare'), bytes),
    holdfast: createStorePut(store, source, bytes),
    stream: createStorePut(store, () => Readable.from(pieces(bytes)), bytes),
  }
  const laps = await race(contenders, sizes.rounds)
  await store.close()
  const perSecond = (wallMs: readonly number[]): number => (bytes.length / 1024 / 1024 / median(wallMs)) * 1000
  const { name } = artifactPut64mb
  const unit = 'MiB/s'
  return [
    {
      name,
      unit,
      value: perSecond(laps.holdfast.wallMs),
      ...ratiosOf(laps.bare, laps.holdfast),
      reach: atLeast(0.7),
      note: 'of the bare loop',
    },
    {
      name: `${name}/stream`,
      unit,
      value: perSecond(laps.stream.wallMs),
      ...ratiosOf(laps.bare, laps.stream),
      note: 'from a stream in memory',
    },
    { name: `${name}/bare`, unit, value: perSecond(laps.bare.wallMs), note: 'read, SHA-256, write, fsync, rename, fsync of the directory' },
  ]
}

/** Different bytes each round, so that no file is there already; of the same length. */
function mark(bytes: Buffer, round: number): void {
  bytes.writeUInt32LE(round)
}

/** What one would write without a store: piece by piece, one step after the other, under a name of its own and then renamed. */
function createBarePut(source: string, file: string, bytes: Buffer): Contender {
  return {
    prepare(round) {
      mark(bytes, round)
      writeFileSync(source, bytes)
    },
    async run() {
      const hash = createHash('sha256')
      const [from, to] = [await promises.open(source, 'r'), await promises.open(`${file}.part`, 'w', 0o600)]
      const piece = Buffer.allocUnsafeSlow(pieceBytes)
      for (;;) {
        const { bytesRead } = await from.read(piece, 0, pieceBytes)
        if (bytesRead === 0) break
        hash.update(piece.subarray(0, bytesRead))
        await to.write(piece, 0, bytesRead)
      }
      await to.sync()
      await Promise.all([from.close(), to.close()])
      await promises.rename(`${file}.part`, file)
      const directory = await promises.open(dirname(file), 'r')
      await directory.sync()
      await directory.close()
      return hash.digest('hex')
    },
    finish: () => promises.rm(file),
  }
}

function createStorePut(store: Store<typeof benchShelf>, source: string | (() => ByteSource), bytes: Buffer): Contender {
  let id = ''
  return {
    prepare(round) {
      mark(bytes, round)
      if (typeof source === 'string') writeFileSync(source, bytes)
    },
    async run() {
      id = (await store.reports.put(typeof source === 'string' ? source : source(), { title: 'bench' })).id
    },
    async finish() {
      await store.commit((tx) => tx.reports.delete(id))
      await store.reports.sweep()
    },
  }
}

function* pieces(bytes: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
