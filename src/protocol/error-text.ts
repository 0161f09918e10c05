/** An error as it travels: `{"code", "message", "details"}`, in the body of a reply or the data of a message. */

export interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly details: unknown
}

/** Reads an error from a body; undefined for anything else. */
export function readErrorBody(text: string): ErrorBody | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<ErrorBody> | null
    if (typeof parsed?.code !== 'string' || typeof parsed.message !== 'string') return undefined
    return { code: parsed.code, message: parsed.message, details: parsed.details }
  } catch {
    return undefined
  }
}
