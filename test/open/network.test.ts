import { expect, test } from 'vitest'
import { openState } from '../support/open-state.ts'
import { sample } from '../support/sample-state.ts'

test('[P8] an open store, followed and watched, listens nowhere: nobody reaches it over a network', async () => {
  const store = await openState(sample)
  const stop = new AbortController()
  const following = store.follow({ signal: stop.signal }).next()
  const unwatch = store.hosts.watch(() => undefined)
  expect(process.getActiveResourcesInfo().filter((name) => /TCP|UDP|PipeServer/.test(name))).toEqual([])
  unwatch()
  stop.abort()
  await following
})
