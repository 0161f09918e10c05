import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { defineState, document, log, type StoreOptions } from '../../src/index.ts'
import { openStoreWith } from '../../src/store/open-store.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { take } from '../support/commits.ts'
import { openSample } from '../support/sample-state.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const state = defineState({
  name: 'rungs',
  version: 1,
  kinds: {
    plain: document(z.number()),
    strong: document(z.number(), { durability: 'power' }),
    weak: document(z.number(), { durability: 'process' }),
    weakLines: log(z.number(), { durability: 'process' }),
    reference: document(z.number(), { durability: 'power' }),
  },
})

type Kind = 'plain' | 'strong' | 'weak' | 'weakLines'
type Rung = NonNullable<StoreOptions['durability']>

/** What the store gives, what the commit asks for, the kinds it writes, and what its acknowledgement waits for. */
const cases: readonly (readonly [Rung | undefined, Rung | undefined, readonly Kind[], Rung])[] = [
  [undefined, undefined, ['plain'], 'power'],
  [undefined, 'process', ['plain'], 'process'],
  [undefined, undefined, ['weak', 'weakLines'], 'process'],
  [undefined, undefined, ['weak', 'plain'], 'power'],
  [undefined, undefined, ['weak', 'strong'], 'power'],
  [undefined, 'power', ['weak'], 'power'],
  [undefined, 'process', ['strong'], 'power'],
  ['process', undefined, ['plain'], 'process'],
  ['process', undefined, ['strong'], 'power'],
  ['process', 'power', ['plain', 'weak'], 'power'],
]

test.each(cases)('[C3] the strongest of option and kinds wins: store %s, commit %s, kinds %j, so %s', async (given, asked, kinds, rung) => {
  // By a clock that stands still a group takes all that is queued.
  const options = { directory: temporaryDirectory(), ...(given === undefined ? {} : { durability: given }) }
  const store = await openStoreWith(new FakeClock().seams, state, options)
  onTestFinished(() => store.close())
  const order: string[] = []
  // In one group: a commit that waits for the sync is told after the one before it, one that does not is told at once.
  const reference = store.commit((tx) => tx.reference.set(1)).then(() => order.push('reference'))
  const commit = store.commit(
    (tx) => {
      for (const kind of kinds) {
        if (kind === 'weakLines') tx.weakLines.append(1)
        else tx[kind].set(1)
      }
    },
    asked === undefined ? {} : { durability: asked },
  )
  await Promise.all([reference, commit.then(() => order.push('commit'))])
  expect(order).toEqual(rung === 'power' ? ['reference', 'commit'] : ['commit', 'reference'])
})

test('[D7] lookup, and an answer from an id, come when what they say is durable', async () => {
  const store = await openSample()
  await store.commit((tx) => tx.title.set('first'))
  const [first] = await take(store.follow(), 1)
  const order: string[] = []
  const note = (name: string) => (): unknown => order.push(name)
  let found: Promise<unknown> = Promise.resolve()
  // In a microtask of the callback: after COMMIT, before the sync.
  const look = (): void => {
    expect([store.title.get(), order, store.health().published]).toEqual(['second', [], 1])
    found = store.lookup(`${first?.instance}:2`)
    void found.then(note('lookup'))
  }
  const set = (tx: Parameters<Parameters<typeof store.commit>[0]>[0]): void => {
    queueMicrotask(look)
    tx.title.set('second')
  }
  const commit = store.commit(set, { id: 'once' }).then(note('commit'))
  const again = store.commit((tx) => tx.title.set('never'), { id: 'once', durability: 'process' }).then(note('again'))
  await Promise.all([commit, again])
  expect(await found).toMatchObject({ outcome: 'committed', revision: 2 })
  expect(order.toSorted()).toEqual(['again', 'commit', 'lookup'])
  expect(order[0]).toBe('commit')
})
