/**
 * Time that passes when the simulation says so: every timer of client, server and network stands in one queue.
 *
 * After each callback everything that it set going is let run to its end, which takes microtasks and no turn of the event loop. So the order
 * of everything follows from the timers, and these from the seed.
 */
import type { Clock, Timer } from '../../src/base/clock.ts'

interface Planned {
  readonly at: number
  /** Timers of the same moment go in the order in which they were set. */
  readonly number: number
  readonly callback: () => void
  isCancelled: boolean
}

export class VirtualClock implements Clock {
  readonly #heap: Planned[] = []
  #elapsed = 0
  #stepMs = 0
  #number = 0

  now(): number {
    return 1_764_000_000_000 + Math.floor(this.#elapsed) + this.#stepMs
  }

  elapsed(): number {
    return this.#elapsed
  }

  /** The time of day jumps, as when somebody sets it. */
  step(ms: number): void {
    this.#stepMs += ms
  }

  after(delayMs: number, callback: () => void): Timer {
    this.#number += 1
    const planned = { at: this.#elapsed + Math.max(0, delayMs), number: this.#number, callback, isCancelled: false }
    push(this.#heap, planned)
    return { cancel: () => void (planned.isCancelled = true) }
  }

  /** Timers that would still fire. */
  get waiting(): number {
    return this.#heap.filter(({ isCancelled }) => !isCancelled).length
  }

  /** Lets time pass; ends early once `isDone` says so. */
  async pass(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const endsAt = this.#elapsed + ms
    await everythingElse()
    while (!isDone()) {
      const next = this.#heap[0]
      if (next === undefined || next.at > endsAt) {
        this.#elapsed = endsAt
        return
      }
      pop(this.#heap)
      if (next.isCancelled) continue
      this.#elapsed = next.at
      next.callback()
      await everythingElse()
    }
  }
}

/** A tick runs once no microtask is left, those that others made included. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.number < b.number)
}

function push(heap: Planned[], planned: Planned): void {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >>> 1
    if (!isBefore(planned, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = planned
}

function pop(heap: Planned[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const right = left + 1
    const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
    if (child >= heap.length || !isBefore(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
}
