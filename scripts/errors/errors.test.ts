import { expect, test } from 'vitest'
import { renderErrors } from './render-errors.ts'

const traits = { retryable: true, httpStatus: 503, exitCode: 75, remedy: 'Try a | b.' }
const source = `export interface ErrorDetails {
  // Committing
  STORE_BUSY: { readonly waitedMs: number }
  KEY_EXISTS: {
    readonly kind: string
    readonly keys: readonly { readonly a: string; readonly b?: 'x' | 'y' }[]
  }
  // Reading
  PAGE_INVALID: { readonly reason: string }
}`

const replica = {
  source: `export interface ReplicaErrorDetails {
  // In a replica
  NOT_SETTLED: { readonly cursor: string }
  REPLICA_CLOSED: Record<never, never>
}`,
  rows: { NOT_SETTLED: 'Look.', REPLICA_CLOSED: 'Connect again.' },
}

test('renders one table a group, in the order of the source, with facts and remedy', () => {
  const rows = { STORE_BUSY: traits, KEY_EXISTS: { ...traits, retryable: false }, PAGE_INVALID: traits }
  const page = renderErrors({ source, rows }, replica)
  expect(page.match(/^## .*/gm)).toEqual(['## Committing', '## Reading', '## In a replica'])
  expect(page).toContain('| `NOT_SETTLED` | `cursor: string` | Look. |\n| `REPLICA_CLOSED` | – | Connect again. |')
  expect(page).toContain('| `STORE_BUSY` | `waitedMs: number` | yes | 503 | 75 | Try a \\| b. |')
  expect(page).toContain("| `KEY_EXISTS` | `kind: string`, `keys: { a: string; b?: 'x' \\| 'y' }[]` | no |")
})

test('quotes misuse as it is worded', () => {
  const page = renderErrors({ source, rows: { STORE_BUSY: traits, KEY_EXISTS: traits, PAGE_INVALID: traits } }, replica)
  expect(page).toContain('\n    Expected "timeoutMs" to be an integer ≥ 0, got "5s" (string)\n')
  expect(page).toContain('\n    Unknown option "durabilty" of openStore; did you mean "durability"?\n')
})

test('refuses a table that does not match its types', () => {
  expect(() => renderErrors({ source, rows: { STORE_BUSY: traits } }, replica)).toThrow('The table lacks KEY_EXISTS')
  const none = { source: 'export interface ErrorDetails {}', rows: { STORE_BUSY: traits } }
  expect(() => renderErrors(none, replica)).toThrow('ErrorDetails lacks STORE_BUSY')
})
