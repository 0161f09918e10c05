/** Something the user can put right. The message is a sentence for them. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
