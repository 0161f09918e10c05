/**
 * The history of a store folded into its contents, written apart from the store: what the tables must hold follows from the
 * changes alone (rule P6), and each check from the one before it (rule L2). The harnesses have a verifier of their own, for
 * stores whose records they made.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Tables } from './tables.ts'

type Cell = string | number | null
type Change = readonly unknown[]

/** What one row of a kind's table should be; contents whose values stay home are hashes. */
interface Folded {
  readonly stream: string | undefined
  readonly content: unknown
  readonly revision: number
}

type Contents = ReadonlyMap<string, Folded | undefined>

const sha = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22)

function select(tables: Tables, sql: string): readonly (readonly Cell[])[] {
  return tables.all(sql) as readonly (readonly Cell[])[]
}

/** Everything that is wrong with a store; empty when all of it follows from its history. */
export function findFaults(tables: Tables): string[] {
  const meta = new Map(select(tables, 'SELECT name, value FROM hf_meta').map(([name, value]) => [name, value] as const))
  const sql = 'SELECT revision, chain, at, instance, counter, actor, label, position, changes FROM hf_commit ORDER BY revision'
  const commits = select(tables, sql)
  return [...findChainFaults(meta, commits), ...findContentFaults(tables, Number(meta.get('horizon_revision')), commits)]
}

function findChainFaults(meta: ReadonlyMap<unknown, unknown>, commits: readonly (readonly Cell[])[]): string[] {
  const faults: string[] = []
  let revision = Number(meta.get('horizon_revision'))
  let chain = String(meta.get('horizon_chain'))
  let position = Number(meta.get('horizon_position'))
  for (const [at, found, time, instance, counter, actor, label, place, changes] of commits) {
    revision += 1
    if (at !== revision) faults.push(`revision ${revision} is missing`)
    chain = sha([chain, revision, time, `${instance}:${counter}`, JSON.stringify([actor, label]), changes].join('\n'))
    if (found !== chain) faults.push(`the check of revision ${revision} does not follow from the one before`)
    if (Number(place) <= position) faults.push(`the position of revision ${revision} does not grow`)
    position = Number(place)
  }
  return faults
}

function findContentFaults(tables: Tables, horizon: number, commits: readonly (readonly Cell[])[]): string[] {
  const folded = fold(commits)
  return select(tables, 'SELECT id, name, description FROM hf_kind').flatMap(([id, name, description]) => {
    const { type, feed } = JSON.parse(String(description)) as { type: string; feed: string }
    const rows = readRows(tables, Number(id), type === 'log')
    const damaged = rows.filter(({ crc, expectedCrc }) => crc !== expectedCrc).map(({ key }) => `the checksum of ${name} ${key} is wrong`)
    const contentOf = (text: string): unknown => (feed === 'value' ? JSON.parse(text) : sha(text))
    const there = new Map(rows.map(({ key, stream, text, revision }) => [key, { stream, content: contentOf(text), revision }]))
    return [...damaged, ...compare(String(name), { horizon, there, wanted: folded.get(Number(id)) ?? new Map() })]
  })
}

function compare(name: string, { horizon, there, wanted }: { horizon: number; there: Contents; wanted: Contents }): string[] {
  const faults: string[] = []
  for (const [key, folded] of wanted) {
    const [is, should] = [JSON.stringify(there.get(key)), JSON.stringify(folded)]
    if (is !== should) faults.push(`${name} ${key} is ${is}; its history says ${should}`)
  }
  for (const [key, found] of there) {
    const isOlder = (found?.revision ?? 0) <= horizon
    if (!wanted.has(key) && !isOlder) faults.push(`${name} ${key} claims revision ${found?.revision}, where the history does not have it`)
  }
  return faults
}

/** What each kind holds after the retained commits; undefined for what was deleted, nothing for what they never touched. */
function fold(commits: readonly (readonly Cell[])[]): ReadonlyMap<number, Contents> {
  const kinds = new Map<number, Map<string, Folded | undefined>>()
  for (const row of commits) {
    for (const [id, operation, ...rest] of JSON.parse(String(row[8])) as Change[]) {
      const contents = kinds.get(id as number) ?? new Map<string, Folded | undefined>()
      kinds.set(id as number, contents)
      apply(contents, { operation: operation as number, rest, revision: row[0] as number })
    }
  }
  return kinds
}

function apply(
  contents: Map<string, Folded | undefined>,
  { operation, rest, revision }: { readonly operation: number; readonly rest: Change; readonly revision: number },
): void {
  const [first, second, third] = rest
  if (operation === 1 || operation === 5) contents.set(String(first), { stream: undefined, content: second, revision })
  else if (operation === 0 || operation === 4) contents.set(String(first), undefined)
  else if (operation === 2 || operation === 6) contents.set(String(first), { stream: second as string, content: third, revision })
  else trim(contents, first as string | null, second as number)
}

function trim(contents: Map<string, Folded | undefined>, stream: string | null, through: number): void {
  for (const [key, folded] of contents) {
    const isOfStream = stream === null || folded?.stream === stream
    if (folded !== undefined && isOfStream && Number(key) <= through) contents.set(key, undefined)
  }
}

interface FoundRow {
  readonly key: string
  readonly stream: string | undefined
  readonly text: string
  readonly revision: number
  readonly crc: number
  readonly expectedCrc: number
}

function readRows(tables: Tables, id: number, isLog: boolean): FoundRow[] {
  const columns = isLog ? 'seq, stream' : 'key, NULL'
  return select(tables, `SELECT ${columns}, value, revision, crc FROM k${id}`).map(([key, stream, text, revision, crc]) => ({
    key: String(key),
    stream: isLog ? String(stream) : undefined,
    text: String(text),
    revision: Number(revision),
    crc: Number(crc),
    expectedCrc: crc32((isLog ? [id, key, stream, revision, text] : [id, key, revision, text]).join('\n')),
  }))
}
