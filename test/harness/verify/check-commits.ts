/** Commits of the harness's writers: whole (promise P2), over what they expected (C6), and known by their ids (C7). */
import type { Body, Line } from '../record-body.ts'
import { generationOf } from '../state.ts'
import type { RawCommit, RawStore } from './raw-store.ts'

type Change = readonly [kind: number, operation: number, ...rest: unknown[]]

/** Each new commit against the list of writes that its last log entry holds. */
export function checkCommits({ kinds, commits }: RawStore, after: number): string[] {
  const names = new Map(kinds.map(({ id, name }) => [id, name]))
  return commits
    .filter(({ revision, label }) => revision > after && generationOf(label) === undefined)
    .flatMap((commit) => checkCommit(commit, names))
}

function checkCommit({ revision, label, changes }: RawCommit, names: ReadonlyMap<number, string>): string[] {
  const all = (JSON.parse(changes) as Change[]).filter(([, operation]) => operation !== 3)
  const problems: string[] = []
  const appended = all.filter(([, operation]) => operation === 2).map((change) => change[4] as Line)
  const listing = appended.find(({ writes }) => writes !== undefined)
  const done = all.filter((change) => change[4] !== listing).map((change) => describe(change, names))
  if (listing === undefined) problems.push(`revision ${revision} (${label}) is not whole: its list of writes is missing`)
  else if (listing.writes?.toSorted().join() !== done.toSorted().join()) {
    problems.push(`revision ${revision} (${label}) is not whole: it set out to ${listing.writes?.join(', ')}, and did ${done.join(', ')}`)
  }
  for (const change of all) problems.push(...checkChange(revision, label, change))
  return problems
}

function checkChange(revision: number, label: string | null, [, operation, ...rest]: Change): string[] {
  if (operation !== 1 && operation !== 2) return []
  const body = (operation === 1 ? rest[1] : rest[2]) as Body
  if (body.by !== label) return [`revision ${revision} (${label}) holds a body of ${body.by}`]
  const before = (rest[2] as number | undefined) ?? null
  if (operation === 1 && body.over !== undefined && body.over !== before) {
    return [`revision ${revision} (${label}) replaced revision ${before}, although it expected ${body.over}`]
  }
  return []
}

function describe([kind, operation, ...rest]: Change, names: ReadonlyMap<number, string>): string {
  const name = names.get(kind) ?? String(kind)
  if (operation === 2) return `append ${String(rest[1])}`
  const verb = operation === 0 || operation === 4 ? 'delete' : 'put'
  return rest[0] === '' ? `${verb} ${name}` : `${verb} ${name} ${String(rest[0])}`
}

/** Ids and commits must agree, both ways, as far as the history reaches. */
export function checkRequests({ requests, commits, meta }: RawStore): string[] {
  const problems: string[] = []
  const horizon = Number(meta.get('horizon_revision'))
  const byRevision = new Map(commits.map((commit) => [commit.revision, commit]))
  const recorded = new Map(requests.map((request) => [request.id, request]))
  for (const { id, actor, revision, changed } of requests) {
    const commit = byRevision.get(revision)
    if (changed === 1 && (commit?.label !== id || commit.actor !== actor))
      problems.push(`the id ${id} is recorded at revision ${revision}, which is not its commit`)
  }
  for (const { label, revision } of commits) {
    if (revision > horizon && label?.endsWith('i') === true && recorded.get(label)?.revision !== revision) {
      problems.push(`revision ${revision} was made for the id ${label}, which is not recorded`)
    }
  }
  return problems
}
