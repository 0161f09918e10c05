/** Counts what a method of all objects of a class gives, each thing once however often it is given, until it is disposed of. */
export class DistinctAnswers<Name extends string> implements Disposable {
  readonly #given = new Set<unknown>()
  readonly #restore: () => void
  /** Times that the method was called. */
  calls = 0

  constructor(prototype: { [name in Name]: (...asked: never[]) => unknown }, name: Name) {
    const method = prototype[name]
    const note = (answer: unknown): void => {
      this.calls += 1
      this.#given.add(answer)
    }
    this.#restore = () => void (prototype[name] = method)
    prototype[name] = function giveAndCount(this: unknown, ...asked: never[]) {
      const answer = method.apply(this, asked)
      if (answer instanceof Promise) void answer.then(note, () => undefined)
      else note(answer)
      return answer
    }
  }

  get count(): number {
    return this.#given.size
  }

  [Symbol.dispose](): void {
    this.#restore()
  }
}
