/** What processes have promised of artifacts, and what the store must therefore hold (rules A1, A2, X9). */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../../src/index.ts'
import { shelf } from '../../artifacts/sample-artifacts.ts'

const absent = 'absent'

export class Promised {
  /** By id, each state that it may be in: a hash, or absent. */
  readonly #allowed = new Map<string, Set<string>>()

  hear(key: string, answer: string): void {
    const [id = '', hash = ''] = answer.split(' ')
    if (key === 'put' || key === 'replaced') this.#allowed.set(id, new Set([hash]))
    if (key === 'replacing') this.#allowed.get(id)?.add(hash)
    if (key === 'deleting') this.#allowed.get(id)?.add(absent)
    if (key === 'deleted') this.#allowed.set(id, new Set([absent]))
  }

  /** Opens the store, which sweeps, and says what is not as promised. From then on what is there is what was promised. */
  async judge(directory: string): Promise<string[]> {
    const problems: string[] = []
    const store = await openStore(shelf, { directory, report: ({ message }) => problems.push(`reported: ${message}`) })
    try {
      await store.reports.sweep()
      const found = new Map<string, string>()
      for (let after: string | undefined; ;) {
        const page = store.reports.find({ limit: 1000, after })
        for (const { id, hash } of page.items) found.set(id, hash)
        after = page.next
        if (after === undefined) break
      }
      problems.push(...this.#compare(found), ...compareFiles(directory, new Set(found.values())))
      this.#allowed.clear()
      for (const [id, hash] of found) this.#allowed.set(id, new Set([hash]))
    } finally {
      await store.close()
    }
    const left = readdirIfThere(join(directory, 'artifacts', 'tmp'))
    if (left.length > 0) problems.push(`left in tmp: ${left.join(', ')}`)
    return problems
  }

  #compare(found: ReadonlyMap<string, string>): string[] {
    return [...this.#allowed].flatMap(([id, allowed]) => {
      const is = found.get(id) ?? absent
      return allowed.has(is) ? [] : [`${id} is ${is}, and was promised to be ${[...allowed].join(' or ')}`]
    })
  }
}

/** Names that a crash has left in `tmp`, by their sort. */
export function leftovers(directory: string): string[] {
  return readdirIfThere(join(directory, 'artifacts', 'tmp')).map((name) => name.slice(name.lastIndexOf('.') + 1))
}

/** Each file has a record, each record a file, and its bytes are those of its name. */
function compareFiles(directory: string, named: ReadonlySet<string>): string[] {
  const root = join(directory, 'artifacts')
  const groups = readdirIfThere(root).filter((name) => name !== 'tmp')
  const files = groups.flatMap((group) => readdirIfThere(join(root, group)).map((name) => join(root, group, name)))
  const problems = files.flatMap((file) => {
    const name = file.slice(file.lastIndexOf('/') + 1)
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex')
    return [...(named.has(name) ? [] : [`${name} has no record`]), ...(hash === name ? [] : [`${name} holds other bytes`])]
  })
  const missing = [...named].filter((hash) => !existsSync(join(root, hash.slice(0, 2), hash)))
  return [...problems, ...missing.map((hash) => `${hash} has a record and no file`)]
}

function readdirIfThere(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}
