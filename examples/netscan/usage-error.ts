import { NonRetryableError } from './holdfast.ts'

/**
 * Something the user can put right. The message is a sentence for them, and short: it stands below a field of the page. A job that fails with it is not tried
 * again.
 */
export class UsageError extends NonRetryableError {
  override readonly name = 'UsageError'
}

const maxQuoted = 24

/** What the user wrote, in quotation marks, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > maxQuoted ? `${text.slice(0, maxQuoted - 1)}…` : text)
}
