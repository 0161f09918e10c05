/** Why a scan was not started, in words, and which field it is about. */
import { visibleText } from '../text/visible.ts'

export interface FormTrouble {
  readonly field: 'target' | 'ports'
  readonly text: string
}

/** The part of an error of the server that says what is wrong. */
interface CodedError {
  readonly code: string
  readonly message: string
  readonly details: unknown
}

const sentences: ReadonlyMap<string, string> = new Map([
  ['SIGN_IN_NEEDED', 'This browser is signed out. Sign in first.'],
  ['ACTION_UNKNOWN', 'netscan was updated and does not know this request any more. Reload the page.'],
  ['STATE_VERSION_MISMATCH', 'netscan was updated. Reload the page.'],
  ['REPLICA_CLOSED', 'The connection is closed. Reload the page.'],
])

/** How refusals of a list of ports are worded; they do not name the field. */
const aboutPorts = /is no port or range of ports\./

export function sayTrouble(error: unknown): FormTrouble {
  if (!isCoded(error)) return { field: 'target', text: 'The scan was not started, for a reason the page does not know.' }
  const [issue] = error.code === 'SCHEMA_REJECTED' ? readIssues(error.details) : []
  if (issue) return { field: issue.path.startsWith('$.ports') ? 'ports' : 'target', text: visibleText(issue.message) }
  const reason = error.code === 'ACTION_REFUSED' ? readReason(error.details) : undefined
  if (reason !== undefined) return { field: aboutPorts.test(reason) ? 'ports' : 'target', text: visibleText(reason) }
  return { field: 'target', text: sentences.get(error.code) ?? visibleText(error.message) }
}

function isCoded(error: unknown): error is CodedError {
  const { code, message } = (error ?? {}) as Partial<CodedError>
  return typeof code === 'string' && typeof message === 'string'
}

function readReason(details: unknown): string | undefined {
  const { reason } = (details ?? {}) as { readonly reason?: unknown }
  return typeof reason === 'string' ? reason : undefined
}

interface Issue {
  readonly path: string
  readonly message: string
}

function readIssues(details: unknown): readonly Issue[] {
  const { issues } = (details ?? {}) as { readonly issues?: unknown }
  return Array.isArray(issues) ? (issues as readonly Partial<Issue>[]).filter(isIssue) : []
}

function isIssue(issue: Partial<Issue>): issue is Issue {
  return typeof issue.path === 'string' && typeof issue.message === 'string'
}
