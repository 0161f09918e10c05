import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { Ledger } from '../ledger.ts'
import type { Seams } from '../seams.ts'
import { Publication } from './publication.ts'

/** A publication whose syncs end when the test says so. */
class Bench {
  readonly ledger: Ledger = new Ledger('nowhere')
  readonly syncs: { readonly end: () => Promise<void>; readonly fail: () => Promise<void> }[] = []
  readonly failures: unknown[] = []
  readonly publication: Publication

  constructor(plantedBug?: Seams['plantedBug']) {
    this.publication = new Publication({
      ledger: this.ledger,
      plantedBug,
      sync: () => this.#sync(),
      onSettling: () => undefined,
      onSyncFailed: (error) => this.failures.push(error),
    })
  }

  get published(): number {
    return this.publication.published.revision
  }

  /** The next revision, made by this process; answers with what its acknowledgement came to, in `done` or `failed`. */
  commit(durability: 'process' | 'power' | 'foreign'): { outcome: string } {
    this.ledger.head = { revision: this.ledger.head.revision + 1, chain: '', position: 0 }
    return this.#note(durability)
  }

  /** Rows beside the history, of a commit that changed nothing. */
  recordId(): { outcome: string } {
    return this.#note('power')
  }

  #note(durability: 'process' | 'power' | 'foreign'): { outcome: string } {
    const waiting = { outcome: 'waits' }
    if (durability === 'foreign') this.publication.noteForeign()
    else this.publication.note(durability === 'power')
    if (durability === 'process') waiting.outcome = 'done'
    else
      this.publication.whenSettled(
        () => (waiting.outcome = 'done'),
        () => (waiting.outcome = 'failed'),
      )
    this.publication.proceed()
    return waiting
  }

  #sync(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const settle = async (how: () => void): Promise<void> => {
      how()
      await nextTurn()
    }
    this.syncs.push({ end: () => settle(resolve), fail: () => settle(() => reject(new Error('EIO'))) })
    return promise
  }
}

let bench: Bench

beforeEach(() => {
  bench = new Bench()
})

describe('own commits', () => {
  test('[D7] [D1] a power commit is acknowledged and published by its sync', async () => {
    const one = bench.commit('power')
    expect([one.outcome, bench.published, bench.syncs.length]).toEqual(['waits', 0, 1])
    await bench.syncs[0]?.end()
    expect([one.outcome, bench.published, bench.syncs.length]).toEqual(['done', 1, 1])
  })

  test('[D7] [D1] a sync covers the commits made before it began, and no others', async () => {
    const first = bench.commit('power')
    const second = bench.commit('power')
    const third = bench.commit('power')
    await bench.syncs[0]?.end()
    expect([first.outcome, second.outcome, third.outcome, bench.published]).toEqual(['done', 'waits', 'waits', 1])
    expect(bench.syncs).toHaveLength(2)
    await bench.syncs[1]?.end()
    expect([second.outcome, third.outcome, bench.published, bench.syncs.length]).toEqual(['done', 'done', 3, 2])
  })

  test('[D7] a process commit is published at once, but not before a power commit that came before it', async () => {
    bench.commit('process')
    expect([bench.published, bench.syncs.length]).toEqual([1, 0])
    bench.commit('power')
    bench.commit('process')
    expect(bench.published).toBe(1)
    await bench.syncs[0]?.end()
    expect(bench.published).toBe(3)
  })

  test('[D7] a process commit made during a sync is published with what that sync covered when nothing else waits', async () => {
    bench.commit('power')
    bench.commit('process')
    bench.commit('power')
    await bench.syncs[0]?.end()
    expect(bench.published).toBe(1)
    await bench.syncs[1]?.end()
    expect(bench.published).toBe(3)
  })

  test('[D7] one that changes nothing is acknowledged when what it read is durable', async () => {
    bench.commit('power')
    let outcome = 'waits'
    bench.publication.whenSettled(
      () => (outcome = 'done'),
      () => (outcome = 'failed'),
    )
    expect(outcome).toBe('waits')
    await bench.syncs[0]?.end()
    expect(outcome).toBe('done')
  })

  test('[D7] a sync can be asked for of what weaker commits left, once', async () => {
    bench.commit('process')
    bench.publication.needSync()
    bench.publication.proceed()
    expect([bench.published, bench.syncs.length]).toEqual([1, 1])
    await bench.syncs[0]?.end()
    bench.publication.needSync()
    bench.publication.proceed()
    expect(bench.syncs).toHaveLength(1)
  })
})

describe('commits of others', () => {
  test('[D7] are published after a sync of our own', async () => {
    bench.commit('foreign')
    expect([bench.published, bench.syncs.length]).toEqual([0, 1])
    await bench.syncs[0]?.end()
    expect(bench.published).toBe(1)
  })

  test('[D7] are published at once when the helper says that it has made them durable', () => {
    bench.ledger.head = { revision: 1, chain: '', position: 0 }
    bench.publication.noteForeign()
    bench.publication.noteDurable(1)
    bench.publication.proceed()
    expect([bench.published, bench.syncs.length]).toEqual([1, 0])
  })

  test('[D7] [C3] what the helper says about them covers no commit of our own', async () => {
    bench.commit('foreign')
    const own = bench.recordId()
    bench.publication.noteDurable(1)
    expect(own.outcome).toBe('waits')
    await bench.syncs[0]?.end()
    expect(own.outcome).toBe('waits')
    await bench.syncs[1]?.end()
    expect(own.outcome).toBe('done')
  })
})

describe('a sync that fails', () => {
  test('[C8] fails whoever waits, publishes nothing, and is not tried again', async () => {
    const first = bench.commit('power')
    const second = bench.commit('power')
    await bench.syncs[0]?.fail()
    expect([first.outcome, second.outcome, bench.published, bench.syncs.length]).toEqual(['failed', 'failed', 0, 1])
    expect(bench.failures).toEqual([new Error('EIO')])
    bench.publication.proceed()
    expect([bench.published, bench.syncs.length]).toEqual([0, 1])
  })

  test('[C8] after a recovery everything is published, and syncs go on', async () => {
    bench.commit('power')
    await bench.syncs[0]?.fail()
    const woken: number[] = []
    bench.publication.subscribe(() => woken.push(bench.published))
    bench.publication.resume()
    expect([bench.published, woken]).toEqual([1, [1]])
    const next = bench.commit('power')
    await bench.syncs[1]?.end()
    expect([next.outcome, bench.published]).toEqual(['done', 2])
  })

  test('[C8] one that gives up wakes who waits for a revision, and whoever asks later is told at once', async () => {
    bench.commit('power')
    const waiting = bench.publication.whenPublished(1, new AbortController().signal)
    await bench.syncs[0]?.fail()
    bench.publication.giveUp()
    await waiting
    let outcome = 'waits'
    bench.publication.whenSettled(
      () => (outcome = 'done'),
      () => (outcome = 'failed'),
    )
    expect([outcome, bench.published]).toEqual(['failed', 0])
  })
})

describe('planted bugs', () => {
  test('[P1] acknowledging before the sync, and publishing before it, can be switched on for the harnesses', () => {
    const early = new Bench('acknowledge-before-sync')
    expect([early.commit('power').outcome, early.published]).toEqual(['done', 0])
    const loud = new Bench('publish-before-sync')
    expect([loud.commit('power').outcome, loud.published]).toEqual(['waits', 1])
  })
})

test('[D7] a listener that unsubscribes while others are told keeps none from being told', async () => {
  const told: string[] = []
  const stop = bench.publication.subscribe(() => {
    told.push('first')
    stop()
  })
  bench.publication.subscribe(() => told.push('second'))
  bench.commit('process')
  bench.commit('process')
  expect(told).toEqual(['first', 'second', 'second'])
})
