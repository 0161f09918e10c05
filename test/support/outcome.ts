import { isHoldfastError } from '../../src/index.ts'

/** What became of something that may fail: its value, or the code (else the message) of its error. */
export async function outcomeOf(something: Promise<unknown>): Promise<unknown> {
  try {
    return await something
  } catch (error) {
    return codeOf(error)
  }
}

/** As `outcomeOf`, for something that throws at once. */
export function outcome(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return codeOf(error)
  }
}

/** The code of an error, or what else tells it from others. */
export function codeOf(error: unknown): string {
  if (isHoldfastError(error) && 'code' in error) return error.code
  return error instanceof Error ? error.message : String(error)
}

/** What something failed with. */
export async function failureOf(something: Promise<unknown>): Promise<Error> {
  try {
    await something
  } catch (error) {
    if (error instanceof Error) return error
    throw new Error(`Expected an Error, got ${String(error)}`, { cause: error })
  }
  throw new Error('Expected a failure')
}
