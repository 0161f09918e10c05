import { hostsId } from '../bare/bare-rows.ts'
import { atLeast, type Benchmark, type Context, type Figure } from '../harness/benchmark.ts'
import { type Contender, type Laps, race, ratiosOf } from '../harness/race.ts'
import { median } from '../harness/statistics.ts'
import { hostAddress } from '../workload/hosts.ts'
import { openReaders } from './reader.ts'

export const readPoint: Benchmark = {
  name: 'read-point',
  about: 'cold: keys in no order, each read for the first time, against a prepared get and JSON.parse',
  run: (context) => runReads(context, { name: 'read-point', limit: 0.6, addressesOf: coldAddresses }),
}

export const readPointHot: Benchmark = {
  name: 'read-point-hot',
  about: 'hot: the same 1,000 keys over and over, against a prepared get and JSON.parse',
  run: (context) => runReads(context, { name: 'read-point-hot', limit: 5, addressesOf: hotAddresses }),
}

interface Variant {
  readonly name: string
  readonly limit: number
  /** Keys to read in a round. */
  readonly addressesOf: (context: Context, round: number) => string[]
}

/** Coprime to every size used, so that stepping by it visits each record once, in no order. */
const stride = 7919

function coldAddresses({ sizes }: Context, round: number): string[] {
  const first = round * sizes.pointReads
  return Array.from({ length: sizes.pointReads }, (_, at) => hostAddress(((first + at) * stride) % sizes.records))
}

function hotAddresses({ sizes }: Context): string[] {
  return Array.from({ length: sizes.pointReads }, (_, at) => hostAddress((at * stride) % Math.min(1000, sizes.records)))
}

async function runReads(context: Context, { name, limit, addressesOf }: Variant): Promise<readonly Figure[]> {
  const { store, bare, close } = await openReaders(context)
  const get = bare.query(`SELECT value FROM k${hostsId} WHERE key = ?`)
  const holdfast = createReads(
    (address) => store.hosts.get(address),
    (round) => addressesOf(context, round),
  )
  const parsed = createReads(
    (address) => JSON.parse(get.get(address)?.[0] as string) as unknown,
    (round) => addressesOf(context, round),
  )
  const laps = await race({ holdfast, bare: parsed }, context.sizes.rounds)
  await close()
  const unit = 'µs/read'
  const perRead = ({ wallMs }: Laps): number => (median(wallMs) * 1000) / context.sizes.pointReads
  return [
    {
      name,
      unit,
      value: perRead(laps.holdfast),
      ...ratiosOf(laps.bare, laps.holdfast),
      reach: atLeast(limit),
      note: 'of the bare speed',
    },
    { name: `${name}/bare`, unit, value: perRead(laps.bare), note: 'prepared get of the value and JSON.parse' },
  ]
}

/** Reads all of a round in one turn of the event loop. @throws Error when a record is not there */
function createReads(read: (address: string) => unknown, addressesOf: (round: number) => string[]): Contender {
  let addresses: string[] = []
  return {
    prepare(round) {
      addresses = addressesOf(round)
    },
    run() {
      for (const address of addresses) if (read(address) === undefined) throw new Error(`There is no record ${address}`)
    },
  }
}
