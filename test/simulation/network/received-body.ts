/** The body of an answer as a client reads it: what of a `ReadableStreamDefaultReader` is used. */
export class ReceivedBody {
  readonly #onCancel: () => void
  readonly #pieces: Uint8Array[] = []
  #end: { readonly error?: unknown } | undefined
  #waiting: PromiseWithResolvers<{ readonly done: boolean; readonly value?: Uint8Array }> | undefined

  constructor(onCancel: () => void) {
    this.#onCancel = onCancel
  }

  receive(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#settle()
  }

  end(): void {
    this.#end ??= {}
    this.#settle()
  }

  /** What was received and not read is lost with the connection. */
  fail(error: unknown): void {
    this.#end ??= { error }
    this.#settle()
  }

  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }> {
    this.#waiting = Promise.withResolvers()
    const { promise } = this.#waiting
    this.#settle()
    return promise
  }

  async text(): Promise<string> {
    const decoder = new TextDecoder()
    for (let text = ''; ;) {
      const { done, value } = await this.read()
      if (done) return text
      text += decoder.decode(value, { stream: true })
    }
  }

  cancel(): Promise<void> {
    this.#onCancel()
    return Promise.resolve()
  }

  #settle(): void {
    const waiting = this.#waiting
    const end = this.#end
    if (waiting === undefined) return
    const value = this.#pieces.shift()
    if (value === undefined && end === undefined) return
    this.#waiting = undefined
    if (value !== undefined) waiting.resolve({ done: false, value })
    else if (end !== undefined && 'error' in end) waiting.reject(end.error)
    else waiting.resolve({ done: true })
  }
}
