/** Why something was not done, in words, by the field they are about. */
import { visibleText } from '../../../visible.ts'
import type { CallError } from '../holdfast.ts'

export type FieldName = 'target' | 'ports'

/** Under `form` stands what is about no field. */
export type FormTrouble = { readonly [Place in FieldName | 'form']?: string }

const sentences: { readonly [Code in CallError['code']]?: string } = {
  SIGN_IN_NEEDED: 'This browser is signed out. Sign in first.',
  ACTION_UNKNOWN: 'netscan was updated and does not know this request any more. Reload the page.',
  STATE_VERSION_MISMATCH: 'netscan was updated. Reload the page.',
  REPLICA_CLOSED: 'The connection is closed. Reload the page.',
}

export function sayTrouble(error: CallError): FormTrouble {
  const found = error.code === 'SCHEMA_REJECTED' ? sortIssues(error.details.issues) : {}
  if (Object.keys(found).length > 0) return found
  return { form: sentences[error.code] ?? visibleText(error.message) }
}

/** Where there are no fields to put it at. */
export function sayShortly(error: CallError): string | undefined {
  const { form, target, ports } = sayTrouble(error)
  return form ?? target ?? ports
}

interface Issue {
  readonly path: string
  readonly message: string
}

/** The first issue of each field. */
function sortIssues(issues: readonly Issue[]): FormTrouble {
  const about = (field: FieldName): FormTrouble => {
    const issue = issues.find(({ path }) => path === `$.${field}`)
    return issue ? { [field]: visibleText(issue.message) } : {}
  }
  return { ...about('target'), ...about('ports') }
}
