/** Scripts: steps that run in one transaction if what they rely on still holds. */
import type { Connection, Row } from './driver.ts'
import type { Script, Step } from './helper-protocol.ts'

/** Runs a script inside the open transaction; false, and nothing done, when a guard does not hold. */
export function performScript(connection: Connection, { guards, steps }: Script): boolean {
  const held = guards.every(({ query, answer }) => isSameRow(getRow(connection, query), answer))
  if (held) for (const [sql, ...binds] of steps) connection.prepare(sql).run(...binds)
  return held
}

function getRow(connection: Connection, [sql, ...binds]: Step): Row | null {
  return connection.prepare(sql).get(...binds) ?? null
}

function isSameRow(a: Row | null, b: Row | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((cell, i) => cell === b[i])
}
