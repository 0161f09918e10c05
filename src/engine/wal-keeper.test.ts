import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import type { CheckpointMode, CheckpointResult } from '../sqlite/helper-protocol.ts'
import { WalKeeper } from './wal-keeper.ts'
import { walLimits } from './wal-limits.ts'

const mebibyte = 1024 * 1024

/** A log whose checkpoints do what the test says. */
class Bench {
  readonly clock = new ManualClock()
  readonly done: string[] = []
  readonly reports: string[] = []
  readonly pauses: boolean[] = []
  bytes = 0
  fileBytes = 0
  reader = false
  /** What is in use of the log after a checkpoint beside writers. */
  afterPassive: (bytes: number) => number = () => 0
  failure: Error | undefined
  readonly keeper = new WalKeeper({
    clock: this.clock,
    random: () => 0.999,
    limits: undefined,
    observe: () => undefined,
    measure: () => Promise.resolve(this.bytes),
    checkpoint: (mode) => this.#checkpoint(mode),
    pause: () => this.pauses.push(true),
    resume: () => this.pauses.push(false),
    report: ({ message }) => this.reports.push(message),
  })

  get isPaused(): boolean {
    return this.pauses.at(-1) ?? false
  }

  /** Commits of so many bytes of changes come to four times that in the log. */
  write(bytes: number): void {
    this.bytes += 4 * bytes
    this.keeper.noteWritten(bytes)
  }

  async #checkpoint(mode: CheckpointMode): Promise<CheckpointResult> {
    await nextTurn()
    this.done.push(mode)
    if (this.failure !== undefined) throw this.failure
    this.fileBytes = mode === 'TRUNCATE' ? this.bytes : Math.max(this.fileBytes, this.bytes)
    if (!this.reader) this.bytes = mode === 'PASSIVE' ? this.afterPassive(this.bytes) : 0
    const isBusy = this.reader && mode !== 'PASSIVE'
    return { isBusy, walFrames: 0, copiedFrames: 0, walBytes: this.bytes, walFileBytes: this.fileBytes }
  }
}

let bench: Bench

beforeEach(() => {
  bench = new Bench()
})

/** Lets what was begun come to its end; time does not pass. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await nextTurn()
}

test('[D2] the limits are 8, 32, 64 and 128 MiB', () => {
  expect(
    [walLimits.passiveBytes, walLimits.restartBytes, walLimits.holdBytes, walLimits.refuseBytes].map((bytes) => bytes / mebibyte),
  ).toEqual([8, 32, 64, 128])
})

describe('nobody in the way', () => {
  test('[D2] a log that has grown by 8 MiB is copied beside the writers', async () => {
    bench.write(1.5 * mebibyte)
    await settle()
    expect(bench.done).toEqual([])
    bench.write(1 * mebibyte)
    await settle()
    expect([bench.done, bench.pauses]).toEqual([['PASSIVE'], []])
  })

  test('[D2] at 32 MiB it is copied twice beside the writers, who then pause until it is emptied', async () => {
    bench.afterPassive = (bytes) => bytes
    bench.bytes = 33 * mebibyte
    bench.keeper.noteSize(bench.bytes)
    expect([bench.isPaused, bench.keeper.isFull]).toEqual([false, false])
    await settle()
    expect([bench.done, bench.pauses, bench.keeper.walBytes]).toEqual([['PASSIVE', 'PASSIVE', 'RESTART'], [true, false], 0])
  })

  test('[D2] a log that starts again by a copy beside the writers stops nobody', async () => {
    bench.bytes = 33 * mebibyte
    bench.keeper.noteSize(bench.bytes)
    await settle()
    expect([bench.done, bench.pauses, bench.keeper.walBytes]).toEqual([['PASSIVE'], [], 0])
  })

  test('[D2] writers that outrun a checkpoint beside them wait for its end, then for the log to be emptied', async () => {
    bench.write(2.5 * mebibyte)
    expect(bench.isPaused).toBe(false)
    for (let i = 0; i < 10; i += 1) bench.write(1 * mebibyte)
    expect([bench.isPaused, bench.done]).toEqual([true, []])
    await settle()
    expect([bench.isPaused, bench.done[0], bench.pauses]).toEqual([false, 'PASSIVE', [true, false]])
  })

  test('[D2] one checkpoint at a time, and the next at once when it is due', async () => {
    bench.keeper.noteSize(40 * mebibyte)
    bench.keeper.noteSize(41 * mebibyte)
    bench.write(4 * mebibyte)
    await settle()
    expect(bench.done).toEqual(['RESTART'])
  })
})

test('[D2] a file of the log that has become as long as 64 MiB is cut, a shorter one is written over', async () => {
  bench.bytes = 63 * mebibyte
  bench.keeper.noteSize(bench.bytes)
  await settle()
  expect([bench.done, bench.fileBytes]).toEqual([['RESTART'], 63 * mebibyte])
  bench.bytes = 64 * mebibyte
  bench.keeper.noteSize(bench.bytes)
  await settle()
  expect([bench.done, bench.fileBytes]).toEqual([['RESTART', 'RESTART', 'TRUNCATE'], 0])
})

describe('a reader in the way', () => {
  beforeEach(() => {
    bench.reader = true
    bench.bytes = 40 * mebibyte
  })

  test('[D2] writers go on up to 64 MiB, stopped for one try at a time, and the log is emptied when the reader has left', async () => {
    bench.keeper.noteSize(bench.bytes)
    await settle()
    expect([bench.done, bench.isPaused, bench.keeper.isHeldByReader]).toEqual([['RESTART'], false, true])
    for (let i = 0; i < 20; i += 1) bench.keeper.noteSize(bench.bytes)
    await settle()
    expect(bench.done).toHaveLength(1)
    await bench.clock.pass(1000)
    await settle()
    expect(bench.done.length).toBeGreaterThanOrEqual(4)
    expect(bench.done.length).toBeLessThanOrEqual(6)
    bench.reader = false
    await bench.clock.pass(300)
    await settle()
    expect([bench.keeper.walBytes, bench.keeper.isHeldByReader, bench.clock.waitsUntil]).toEqual([0, false, []])
  })

  test('[D2] at 64 MiB writers wait, for 5 s at most', async () => {
    bench.bytes = 70 * mebibyte
    bench.keeper.noteSize(bench.bytes)
    await settle()
    await bench.clock.pass(4000)
    expect([bench.isPaused, bench.done.length > 20]).toEqual([true, true])
    await bench.clock.pass(1200)
    await settle()
    expect(bench.pauses.filter((isPaused) => !isPaused).length).toBeGreaterThanOrEqual(1)
  })

  test('[D2] at 128 MiB commits are refused until it could be emptied', async () => {
    bench.bytes = 128 * mebibyte
    bench.keeper.noteSize(bench.bytes)
    await settle()
    expect(bench.keeper.isFull).toBe(true)
    bench.reader = false
    await bench.clock.pass(200)
    await settle()
    expect(bench.keeper.isFull).toBe(false)
  })
})

describe('a checkpoint that fails', () => {
  test('[D2] [N2] is reported once, tried again ever later, and keeps no writer waiting', async () => {
    bench.failure = new Error('disk full')
    bench.bytes = 40 * mebibyte
    bench.keeper.noteSize(bench.bytes)
    await settle()
    expect([bench.done.length, bench.isPaused, bench.reports.length]).toEqual([1, false, 1])
    await bench.clock.pass(60_000)
    await settle()
    expect(bench.reports).toHaveLength(1)
    expect(bench.done.length).toBeGreaterThan(3)
    expect(bench.done.length).toBeLessThan(20)
    bench.failure = undefined
    await bench.clock.pass(10_000)
    await settle()
    expect([bench.keeper.walBytes, bench.isPaused]).toEqual([0, false])
    bench.failure = new Error('again')
    bench.keeper.noteSize(40 * mebibyte)
    await settle()
    expect(bench.reports).toHaveLength(2)
  })

  test('[D2] of a keeper that is stopped meanwhile lets the writers go', async () => {
    bench.write(2.5 * mebibyte)
    for (let i = 0; i < 10; i += 1) bench.write(1 * mebibyte)
    expect(bench.isPaused).toBe(true)
    bench.failure = new Error('The helper thread ended.')
    bench.keeper.stop()
    bench.write(10 * mebibyte)
    await settle()
    expect([bench.isPaused, bench.reports]).toEqual([false, []])
  })

  test('[D2] is not tried again once the keeper is stopped', async () => {
    bench.failure = new Error('disk full')
    bench.keeper.noteSize(40 * mebibyte)
    await settle()
    bench.keeper.stop()
    await bench.clock.pass(60_000)
    expect([bench.done.length, bench.reports.length]).toEqual([1, 1])
    bench.keeper.reset(0)
    bench.failure = undefined
    bench.keeper.noteSize(40 * mebibyte)
    await settle()
    expect(bench.done).toHaveLength(2)
  })
})
