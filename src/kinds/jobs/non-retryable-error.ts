/**
 * What a handler throws where trying again is of no use: the job fails for good, however many attempts it has left. A class that extends it does the
 * same. `store.<queue>.retry` runs the job again all the same.
 */
export class NonRetryableError extends Error {
  override readonly name: string = 'NonRetryableError'
}
