/** The writers of a campaign: who runs, who is to be started again, and what they say. */
import { Child } from '../child.ts'
import type { Ledger } from '../ledger.ts'
import type { Message } from '../pipe.ts'
import type { WriterSetup } from '../writer-setup.ts'

/** What one life of a writer is told besides its name. */
export type Orders = Omit<WriterSetup, 'writer' | 'life' | 'doubts'>

export class Crew {
  /** Told of every message, right when it arrives. */
  onMessage: (message: Message, child: Child) => void = () => undefined
  readonly problems: string[] = []
  readonly #names: readonly string[]
  readonly #ledger: Ledger
  readonly #children = new Map<string, Child>()
  readonly #lives = new Map<string, number>()
  readonly #doubts = new Map<string, readonly string[]>()

  constructor(names: readonly string[], ledger: Ledger) {
    this.#names = names
    this.#ledger = ledger
  }

  get children(): readonly Child[] {
    return [...this.#children.values()]
  }

  get isEmpty(): boolean {
    return this.#children.size === 0
  }

  /** Starts whoever does not run. */
  start(orders: Orders): void {
    for (const name of this.#names) if (!this.#children.has(name)) this.startOne(name, orders)
  }

  startOne(writer: string, orders: Orders): Child {
    const life = (this.#lives.get(writer) ?? 0) + 1
    this.#lives.set(writer, life)
    const setup: WriterSetup = { ...orders, writer, life, doubts: this.#doubts.get(writer) ?? [] }
    this.#doubts.delete(writer)
    const child = new Child(writer, 'writer.ts', setup, (message) => {
      this.#ledger.hear(message)
      this.onMessage(message, child)
    })
    this.#children.set(writer, child)
    void child.ended.then(({ code, signal, stderr }) => {
      if (stderr === '' && child.isDismissed && (signal === 'SIGKILL' || code === 0)) return
      this.problems.push(`${writer} ended by itself with ${signal ?? code}: ${stderr}`)
    })
    return child
  }

  /** Kills, and waits until everything they said is known. */
  async kill(children: readonly Child[]): Promise<void> {
    for (const child of children) child.kill()
    await this.#bury(children)
  }

  /** Lets them finish and close their stores. */
  async stop(children: readonly Child[]): Promise<void> {
    await Promise.all(children.map((child) => child.stop()))
    await this.#bury(children)
  }

  /** Nothing is asked for again that may have been forgotten. */
  dropDoubts(): void {
    this.#doubts.clear()
  }

  async #bury(children: readonly Child[]): Promise<void> {
    for (const child of children) {
      await child.ended
      this.#children.delete(child.name)
      this.#doubts.set(child.name, this.#ledger.bury(child.name))
    }
  }
}
