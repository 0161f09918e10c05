/**
 * What was read of one kind, kept so that an unchanged record is the same frozen object each time (rule R2) and a hot read needs
 * neither SQL nor a parse.
 *
 * Two generations bound the memory: slots move to the young one when used; when it is full the old one is let go and the young
 * one becomes old. Of a slot let go only a weak reference to its value stays, so whoever still holds that value gets it again.
 */
import { fromStoredText } from '../../state/value.ts'

/** Characters of stored text held in each of the two generations of one kind. */
const generationLimit = 4 * 1024 * 1024

const unparsed: unique symbol = Symbol('unparsed')

/** One record as last seen. */
export class Slot {
  readonly text: string
  readonly revision: number
  readonly at: number
  /** The ledger's generation in which the record was last known to be current. */
  seenIn: number
  #value: unknown = unparsed
  #isOwn = false

  constructor(text: string, revision: number, at: number, seenIn: number) {
    this.text = text
    this.revision = revision
    this.at = at
    this.seenIn = seenIn
  }

  /** The frozen value. @throws SyntaxError when the stored text is damaged */
  get value(): unknown {
    if (this.#value === unparsed) this.#value = fromStoredText(this.text)
    return this.#value
  }

  /** The text was made by this process, so it parses. */
  markOwn(): void {
    this.#isOwn = true
  }

  /** The text parses: it can be made part of other JSON. */
  get isWhole(): boolean {
    if (this.#isOwn || this.#value !== unparsed) return true
    try {
      JSON.parse(this.text)
      return true
    } catch {
      return false
    }
  }

  /** The value, if it was needed before. */
  get parsed(): object | undefined {
    return typeof this.#value === 'object' && this.#value !== null ? this.#value : undefined
  }

  adopt(value: object): void {
    this.#value = value
  }
}

interface Remembered {
  readonly revision: number
  readonly value: WeakRef<object>
}

export class RecordCache {
  #young = new Map<string, Slot>()
  #old = new Map<string, Slot>()
  #youngSize = 0
  readonly #letGo = new Map<string, Remembered>()
  readonly #collected = new FinalizationRegistry<string>((key) => {
    if (this.#letGo.get(key)?.value.deref() === undefined) this.#letGo.delete(key)
  })

  get(key: string): Slot | undefined {
    const slot = this.#young.get(key)
    if (slot !== undefined) return slot
    const old = this.#old.get(key)
    if (old !== undefined) this.#add(key, old)
    return old
  }

  /** As `get`, for whoever is about to write the record: using it is not worth remembering. */
  peek(key: string): Slot | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  /** Keeps a record as read just now. One whose revision did not change keeps its slot, and with it its object. */
  keep(key: string, text: string, revision: number, at: number, seenIn: number): Slot {
    const known = this.get(key)
    if (known !== undefined && known.revision === revision && known.text === text) {
      known.seenIn = seenIn
      return known
    }
    const slot = new Slot(text, revision, at, seenIn)
    const remembered = this.#letGo.size === 0 ? undefined : this.#letGo.get(key)
    const value = remembered?.revision === revision ? remembered.value.deref() : undefined
    if (value !== undefined) slot.adopt(value)
    this.#add(key, slot)
    return slot
  }

  /** Keeps a record as it was written just now: whatever is known of it is no longer current. */
  write(key: string, slot: Slot): void {
    this.#add(key, slot)
  }

  /** Puts a slot back that was replaced; whoever holds its value goes on holding the current one. */
  put(key: string, slot: Slot): void {
    this.delete(key)
    this.#add(key, slot)
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
    if (this.#letGo.size > 0) this.#letGo.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#letGo.clear()
    this.#youngSize = 0
  }

  #add(key: string, slot: Slot): void {
    this.#young.set(key, slot)
    this.#youngSize += slot.text.length + key.length + 64
    if (this.#youngSize > generationLimit) this.#turnOver()
  }

  #turnOver(): void {
    for (const [key, slot] of this.#old) {
      const value = slot.parsed
      if (value === undefined || this.#young.has(key)) continue
      this.#letGo.set(key, { revision: slot.revision, value: new WeakRef(value) })
      this.#collected.register(value, key)
    }
    this.#old = this.#young
    this.#young = new Map()
    this.#youngSize = 0
  }
}
