/** Why something was not done, in words, by the field they are about. */
import { visibleText } from '../../../visible.ts'

export type FieldName = 'target' | 'ports'

/** Under `form` stands what is about no field. */
export type FormTrouble = { readonly [Place in FieldName | 'form']?: string }

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

export function sayTrouble(error: unknown): FormTrouble {
  if (!isCoded(error)) return { form: 'That did not work, for a reason the page does not know.' }
  const found = error.code === 'SCHEMA_REJECTED' ? sortIssues(error.details) : {}
  if (Object.keys(found).length > 0) return found
  return { form: sentences.get(error.code) ?? visibleText(error.message) }
}

/** The first issue of each field. */
function sortIssues(details: unknown): FormTrouble {
  const issues = readIssues(details)
  const about = (field: FieldName): FormTrouble => {
    const issue = issues.find(({ path }) => path === `$.${field}`)
    return issue ? { [field]: visibleText(issue.message) } : {}
  }
  return { ...about('target'), ...about('ports') }
}

function isCoded(error: unknown): error is CodedError {
  const { code, message } = (error ?? {}) as Partial<CodedError>
  return typeof code === 'string' && typeof message === 'string'
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
