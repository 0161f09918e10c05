import * as crypto from 'node:crypto'
import { expect, test } from 'vitest'
import { defineState, sessions } from '../../src/index.ts'
import { eachDriver } from '../support/drivers.ts'
import { openState } from '../support/open-state.ts'
import { outcome, outcomeOf } from '../support/outcome.ts'
import { openTables } from '../support/tables.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { data, openStill } from './open-still.ts'
import { absoluteMs, idleMs, rotationMs, signedIn } from './signed-in.ts'

eachDriver((driver) => {
  test('[E1] a token opens its session, and is stored as its hash', async () => {
    const directory = temporaryDirectory()
    const store = await openState(signedIn, { directory, driver })
    const { id, token } = await store.sessions.create({ user: 'ada', data })
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    const session = store.sessions.verify(token)
    expect(session).toMatchObject({ id, user: 'ada', data })
    expect(Object.isFrozen(session)).toBe(true)
    expect(store.sessions.verify(token)).toBe(session)
    expect(Object.keys(session ?? {})).toEqual(['id', 'user', 'data', 'startedAt', 'endsAt'])
    const tables = await openTables(directory, driver)
    const [row] = tables.all('SELECT key, value FROM k2')
    const hash = crypto.createHash('sha256').update(token).digest('base64url')
    expect([row?.[0], JSON.parse(String(row?.[1]))]).toMatchObject([id, { hash }])
    const tokens = await Promise.all(Array.from({ length: 20 }, () => store.sessions.create({ user: 'bob', data })))
    expect(new Set(tokens.flatMap((made) => [made.id, made.token])).size).toBe(40)
  })

  test('[E1] revoking one, those of a user, or all of them ends them at the next look', async () => {
    const store = await openState(signedIn, { driver, memory: true })
    const users = ['ada', 'ada', 'bob', 'eve', 'eve']
    const made = await Promise.all(users.map((user) => store.sessions.create({ user, data })))
    const valid = (): unknown[] => made.map(({ token }) => store.sessions.verify(token)?.user)
    expect(valid()).toEqual(users)
    expect(await store.sessions.revoke(made[0]?.id ?? '')).toBe(true)
    expect(await store.sessions.revoke(made[0]?.id ?? '')).toBe(false)
    expect(valid()).toEqual([undefined, 'ada', 'bob', 'eve', 'eve'])
    expect(await store.sessions.revokeUser('eve')).toBe(2)
    expect(valid()).toEqual([undefined, 'ada', 'bob', undefined, undefined])
    await outcomeOf(
      store.commit((tx) => {
        tx.sessions.revokeAll()
        throw new Error('no')
      }),
    )
    expect(valid()).toEqual([undefined, 'ada', 'bob', undefined, undefined])
    await store.commit((tx) => {
      tx.title.set('with it')
      expect([tx.sessions.revoke('nobody'), tx.sessions.revokeUser('bob'), tx.sessions.revokeAll()]).toEqual([false, 1, 1])
    })
    expect(valid()).toEqual([undefined, undefined, undefined, undefined, undefined])
  })
})

test('[E1] whatever is no token opens nothing, and does not throw', async () => {
  const store = await openState(signedIn, { memory: true })
  const { token } = await store.sessions.create({ user: 'ada', data })
  const hash = crypto.createHash('sha256').update(token).digest('base64url')
  const others = [
    ...[undefined, null, '', 0, Number.NaN, {}, [], [token], Symbol('token'), 1n, () => token, { toString: () => token }],
    ...[
      token.slice(1),
      `${token} `,
      ` ${token}`,
      token.toUpperCase(),
      `${token.slice(0, 42)}\0`,
      hash,
      token.repeat(100_000),
      '\uD800'.repeat(43),
    ],
    `${token.slice(0, 42)}${token.endsWith('A') ? 'B' : 'A'}`,
  ]
  for (const other of others) expect(store.sessions.verify(other)).toBeUndefined()
  for (const other of others) expect(await store.sessions.rotate(other)).toBeUndefined()
  expect(store.sessions.verify(token)).toBeDefined()
})

test('[E1] a session that is made badly is refused, and none is made', async () => {
  const store = await openState(signedIn, { memory: true })
  const create = (session: unknown, options?: unknown): Promise<unknown> =>
    outcomeOf(store.sessions.create(session as never, options as never))
  expect(await create(undefined)).toBe('OPTION_INVALID')
  expect(await create({ data })).toBe('OPTION_INVALID')
  expect(await create({ user: '', data })).toBe('VALUE_INVALID')
  expect(await create({ user: 'a\0', data })).toBe('VALUE_INVALID')
  expect(await create({ user: 'ada' })).toBe('SCHEMA_REJECTED')
  expect(await create({ user: 'ada', data: { role: 1 } })).toBe('SCHEMA_REJECTED')
  expect(await create({ user: 'ada', data, token: 'mine' })).toBe('OPTION_INVALID')
  expect(await create({ user: 'ada', data }, { id: 'once' })).toBe('OPTION_INVALID')
  expect(store.sessions.list().items).toEqual([])
  expect(outcome(() => sessions({ idleMs: 1000 }))).toBe('OPTION_INVALID')
  expect(outcome(() => sessions({ absoluteMs: 0 }))).toBe('OPTION_INVALID')
  const plain = await openState(defineState({ name: 'plain', version: 1, kinds: { sessions: sessions() } }), { memory: true })
  expect(plain.sessions.verify((await plain.sessions.create({ user: 'ada' })).token)).toMatchObject({ user: 'ada', data: undefined })
  expect(await outcomeOf(plain.sessions.create({ user: 'ada', data: 1 as never }))).toBe('OPTION_INVALID')
})

test('[E1] a session ends when it is idle, and when its time is over, as the clock is at each look', async () => {
  const { store, clock } = await openStill()
  const used = await store.sessions.create({ user: 'ada', data })
  const idle = await store.sessions.create({ user: 'ada', data })
  for (let passed = 0; passed < absoluteMs; passed += idleMs - 1) {
    expect(store.sessions.verify(used.token)).toBeDefined()
    clock.step(Math.min(idleMs - 1, absoluteMs - passed - 1))
  }
  expect([store.sessions.verify(used.token)?.id, store.sessions.get(used.id)?.id]).toEqual([used.id, used.id])
  expect([store.sessions.verify(idle.token), store.sessions.get(idle.id)]).toEqual([undefined, undefined])
  expect(store.sessions.list({ user: 'ada' }).items.map(({ id }) => id)).toEqual([used.id])
  clock.step(1)
  expect([store.sessions.verify(used.token), store.sessions.get(used.id)]).toEqual([undefined, undefined])
  // No look is a use: the last one has not prolonged it, and neither has a list.
  expect(store.sessions.list().items).toEqual([])
})

test('[X46] a rotation gives a new token; the old one holds for its window, and is no way to a third', async () => {
  const { store, clock } = await openStill()
  const first = await store.sessions.create({ user: 'ada', data })
  store.sessions.verify(first.token)
  const second = await store.sessions.rotate(first.token, { data: { role: 'root' } })
  expect(second?.id).toBe(first.id)
  const open = (token: string | undefined): unknown => store.sessions.verify(token)?.data.role
  expect([open(first.token), open(second?.token)]).toEqual(['root', 'root'])
  expect(await store.sessions.rotate(first.token)).toBeUndefined()
  clock.step(rotationMs - 1)
  expect([open(first.token), open(second?.token)]).toEqual(['root', 'root'])
  clock.step(1)
  expect([open(first.token), open(second?.token)]).toEqual([undefined, 'root'])
  const third = await store.sessions.rotate(second?.token)
  expect([open(first.token), open(second?.token), open(third?.token)]).toEqual([undefined, 'root', 'root'])
  await store.sessions.revoke(first.id)
  expect([open(second?.token), open(third?.token)]).toEqual([undefined, undefined])
  expect(await store.sessions.rotate(third?.token)).toBeUndefined()
})

test('[X46] a token from before a sign-in never becomes that of who signed in', async () => {
  const { store } = await openStill()
  const guest = await store.sessions.create({ user: 'guest', data: { role: 'guest' } })
  store.sessions.verify(guest.token)
  const ada = await store.sessions.rotate(guest.token, { user: 'ada', data })
  expect([store.sessions.verify(guest.token), store.sessions.verify(ada?.token)?.user]).toEqual([undefined, 'ada'])
  expect(await outcomeOf(store.sessions.rotate(ada?.token, { user: 1 as never }))).toBe('OPTION_INVALID')
  expect(await outcomeOf(store.sessions.rotate(ada?.token, { data: { role: 1 } as never }))).toBe('SCHEMA_REJECTED')
  expect(store.sessions.verify(ada?.token)?.user).toBe('ada')
})

test('[X46] a sign-in makes those remembered of its user be looked up anew', async () => {
  const { store } = await openStill()
  const first = await store.sessions.create({ user: 'ada', data })
  const before = store.sessions.verify(first.token)
  const second = await store.sessions.create({ user: 'ada', data: { role: 'guest' } })
  expect(store.sessions.verify(first.token)).toEqual(before)
  expect(store.sessions.verify(first.token)).not.toBe(before)
  expect(store.sessions.verify(second.token)?.data.role).toBe('guest')
})

test('[X19] looking at a request changes nothing', async () => {
  const { store } = await openStill()
  const { token } = await store.sessions.create({ user: 'ada', data })
  await store.commit((tx) => tx.title.set('x'))
  const before = [store.cursor, store.sessions.list()]
  const looked = new Set(Array.from({ length: 1000 }, () => store.sessions.verify(token)))
  for (let i = 0; i < 1000; i += 1) store.sessions.verify(`${i}`.padStart(43, 'x'))
  expect(looked.size).toBe(1)
  expect([store.cursor, store.sessions.list()]).toEqual(before)
})

test('[E1] sessions are listed in pages, without anything of their tokens', async () => {
  const { store, clock } = await openStill()
  const made = await Promise.all(['ada', 'bob', 'ada', 'ada'].map((user) => store.sessions.create({ user, data })))
  clock.step(5000)
  store.sessions.verify(made[0]?.token)
  const first = store.sessions.list({ user: 'ada', limit: 2 })
  const second = store.sessions.list({ user: 'ada', limit: 2, ...(first.next === undefined ? {} : { after: first.next }) })
  const all = [...first.items, ...second.items]
  expect(new Set(all.map(({ id }) => id))).toEqual(new Set([0, 2, 3].map((i) => made[i]?.id)))
  expect(all.find(({ id }) => id === made[0]?.id)).toMatchObject({ usedAt: clock.now(), startedAt: clock.now() - 5000, user: 'ada', data })
  expect(Object.keys(all[0] ?? {})).toEqual(['id', 'user', 'data', 'startedAt', 'endsAt', 'usedAt'])
  expect(store.sessions.list().items).toHaveLength(4)
  expect(outcome(() => store.sessions.list({ users: 'ada' } as never))).toBe('OPTION_INVALID')
})

test('[E1] [N2] of a store that is closed', async () => {
  const { store } = await openStill()
  const { token, id } = await store.sessions.create({ user: 'ada', data })
  expect(await outcomeOf(store.sessions.revoke(id, { label: 1 } as never))).toBe('OPTION_INVALID')
  const { sessions: kept } = store
  await store.close()
  for (const call of [() => kept.verify(token), () => kept.get(id), () => kept.list(), () => kept.onRevoked(() => undefined)]) {
    expect(outcome(call)).toBe('STORE_CLOSED')
  }
  for (const call of [kept.create({ user: 'ada', data }), kept.revoke(id), kept.rotate(token)]) {
    expect(await outcomeOf(call)).toBe('STORE_CLOSED')
  }
})

test('[E1] what is used inside a commit is its tx', async () => {
  const { store } = await openStill()
  const { token, id } = await store.sessions.create({ user: 'ada', data })
  await store.commit((tx) => {
    for (const call of [() => store.sessions.verify(token), () => store.sessions.get(id), () => store.sessions.list()]) {
      expect(outcome(call)).toBe('COMMIT_NESTED')
    }
    expect(Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(tx.sessions)))).toEqual([
      'constructor',
      'revoke',
      'revokeUser',
      'revokeAll',
    ])
  })
})
