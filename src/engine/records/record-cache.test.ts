import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { RecordCache, Slot } from './record-cache.ts'

const text = (id: number, size = 0): string => JSON.stringify({ id, body: 'x'.repeat(size) })

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

describe('a slot', () => {
  test('[R2] parses once, when it is asked', () => {
    const slot = new Slot(text(1), 1, 2, 3)
    expect(slot.parsed).toBeUndefined()
    const { value } = slot
    expect(value).toEqual({ id: 1, body: '' })
    expect([slot.value, slot.parsed]).toEqual([value, value])
    expect(slot.value).toBe(value)
    expect(Object.isFrozen(value)).toBe(true)
  })

  test('[R5] knows whether its text can be part of other JSON', () => {
    expect(new Slot(text(1), 1, 2, 3).isWhole).toBe(true)
    for (const damaged of ['', '{"a":', '[1,]', 'undefined']) {
      const slot = new Slot(damaged, 1, 2, 3)
      expect(slot.isWhole).toBe(false)
      expect(() => slot.value).toThrow()
      expect(slot.isWhole).toBe(false)
    }
    const own = new Slot('made here', 1, 2, 3)
    own.markOwn()
    expect(own.isWhole).toBe(true)
  })
})

describe('a cache of records', () => {
  test('[R2] keeps the slot of a record whose revision and text did not change', () => {
    const cache = new RecordCache()
    const slot = cache.keep('a', text(1), 1, 10, 1)
    expect(cache.get('a')).toBe(slot)
    expect(cache.keep('a', text(1), 1, 10, 5)).toBe(slot)
    expect(slot.seenIn).toBe(5)
    const next = cache.keep('a', text(1), 2, 20, 6)
    expect(next).not.toBe(slot)
    expect(cache.get('a')).toBe(next)
    const damaged = cache.keep('a', text(2), 2, 20, 6)
    expect(damaged).not.toBe(next)
    cache.delete('a')
    expect(cache.get('a')).toBeUndefined()
  })

  test('[R2] gives the object of a record that was let go back to whoever still holds it', () => {
    const cache = new RecordCache()
    const held = cache.keep('held', text(0), 1, 1, 1).value
    for (let i = 0; i < 30; i += 1) void cache.keep(`filler ${i}`, text(i, 500_000), 1, 1, 1).value
    expect(cache.get('held')).toBeUndefined()
    expect(cache.keep('held', text(0), 1, 1, 1).value).toBe(held)
  })

  test('[R2] but not to a record that was written anew, or deleted, meanwhile', () => {
    for (const change of ['written', 'deleted', 'cleared']) {
      const cache = new RecordCache()
      const held = cache.keep('held', text(0), 1, 1, 1).value
      for (let i = 0; i < 30; i += 1) void cache.keep(`filler ${i}`, text(i, 500_000), 1, 1, 1).value
      if (change === 'deleted') cache.delete('held')
      if (change === 'cleared') cache.clear()
      const again = cache.keep('held', text(0), change === 'written' ? 2 : 1, 1, 1).value
      expect(again, change).toEqual(held)
      expect(again, change).not.toBe(held)
    }
  })

  test('[R2] what is used stays, however much else passes through', () => {
    const cache = new RecordCache()
    const used = cache.keep('used', text(0), 1, 1, 1)
    for (let i = 0; i < 200; i += 1) {
      void cache.keep(`filler ${i}`, text(i, 100_000), 1, 1, 1).value
      expect(cache.get('used')).toBe(used)
    }
  })

  test('holds no more than its two generations, and nothing for values that nobody holds', async () => {
    const cache = new RecordCache()
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 500; i += 1) {
      void cache.keep(`record ${i}`, text(i, 200_000), 1, 1, 1).value
      // References to what was let go are cleared between turns.
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    collectGarbage()
    // 100 MB of text passed through; two generations of 4 MiB hold text and value of the newest.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(40 * 1024 * 1024)
    expect(cache.get('record 0')).toBeUndefined()
    expect(cache.get('record 499')).toBeDefined()
  })
})
