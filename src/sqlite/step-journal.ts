/** The statements that changed rows since the journal was begun, so that they can be run again. */
/** What was bound to a statement; the driver contract has the type. */
type Bind = string | number | null | Uint8Array

/** Something that ran, and can run again with the same binds. */
export interface Repeatable {
  run(...binds: Bind[]): number
}

export class StepJournal {
  #isOn = false
  readonly #steps: Repeatable[] = []
  readonly #binds: (readonly Bind[])[] = []

  /** Steps remembered. */
  get length(): number {
    return this.#steps.length
  }

  begin(): void {
    this.#forget()
    this.#isOn = true
  }

  end(): void {
    this.#isOn = false
    this.#forget()
  }

  /** Remembers a statement that has just changed rows. */
  note(step: Repeatable, binds: readonly Bind[]): void {
    if (!this.#isOn) return
    this.#steps.push(step)
    this.#binds.push(binds)
  }

  /** Runs the first `count` steps again, in order; the journal ends. */
  repeat(count: number): void {
    this.#isOn = false
    for (let at = 0; at < count; at += 1) this.#steps[at]?.run(...(this.#binds[at] ?? []))
    this.#forget()
  }

  #forget(): void {
    this.#steps.length = 0
    this.#binds.length = 0
  }
}
