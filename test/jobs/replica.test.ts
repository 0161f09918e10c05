import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '../../src/client.ts'
import { openStore } from '../../src/index.ts'
import { listenOnFreePort, serve } from '../../src/server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { workState } from './work-state.ts'

test('[J1] [J7] [X27] a replica holds the jobs and whether they are paused, follows their steps and progress, and reads their lines and pages', async () => {
  const store = await openStore(workState, { directory: temporaryDirectory() })
  const held = await listenOnFreePort(createServer(), { host: '127.0.0.1', from: 42_000, to: 42_900 })
  await held.close()
  const server = await serve(store, { port: held.port })
  const token = readFileSync(join(store.directory, 'token'), 'utf8').trim()
  onTestFinished(async () => {
    await server.close()
    await store.close()
  })
  const [one, two] = [await store.tasks.enqueue({ name: 'one' }), await store.tasks.enqueue({ name: 'two' })]
  const replica = connect<typeof workState>({ url: `${server.url}/state`, token })
  onTestFinished(() => replica.close())
  await replica.ready
  expect([replica.tasks.size, replica.tasks.get(one.id)?.state]).toEqual([2, 'queued'])
  expect(replica.tasksQueue.get()).toBeUndefined()
  await store.tasks.pause()
  await replica.settled(store.cursor)
  expect(replica.tasksQueue.get()).toEqual({ paused: true })
  await store.tasks.resume()
  const states: unknown[] = []
  replica.tasks.subscribe(() => states.push(replica.tasks.get(one.id)?.state))
  store.tasks.work(({ input }, { progress, log }) => {
    progress({ done: 1, text: input.name })
    log(`${input.name} runs`)
    return { value: 1 }
  })
  await store.tasks.wait(two.id)
  await replica.settled(store.cursor)
  expect(states).toContain('running')
  expect(replica.tasks.find({ index: 'byState', equals: ['completed'] }).items.map(({ id, progress }) => [id, progress?.text])).toEqual([
    [one.id, 'one'],
    [two.id, 'two'],
  ])
  expect(replica.lines.read({ stream: two.id }).map(({ value }) => value)).toEqual(['two runs'])
  expect((await replica.tasks.page({ order: 'desc', limit: 1 })).items.map(({ id }) => id)).toEqual([two.id])
})
