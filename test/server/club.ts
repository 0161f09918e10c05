/** A program that people sign in to, with something of each kind that is served. Loads no test runner, so that programs can use it. */
import { z } from 'zod'
import { artifacts, collection, defineState, document, sessions, setting, settings } from '../../src/index.ts'
import { action } from '../../src/server.ts'

export const idleMs = 120_000
export const absoluteMs = 600_000
export const rotationMs = 10_000

const Message = z.object({ id: z.string(), by: z.string() })

export const club = defineState({
  name: 'club',
  version: 1,
  kinds: {
    title: document(z.string()),
    messages: collection(Message, { key: 'id' }),
    members: sessions({ idleMs, absoluteMs, rotationMs, data: z.object({ role: z.string() }) }),
    files: artifacts(z.object({})),
    hidden: artifacts(z.object({}), { feed: 'none' }),
    settings: settings({ theme: setting(z.string(), { default: 'dark' }), apiKey: setting(z.string(), { secret: true }) }),
  },
})

/** Tells who asks, as the server sees it. */
export const say = action(club, z.object({ id: z.string() }), (tx, { id }, { session }) => {
  const by = session === undefined ? 'the owner' : `${session.user}, ${session.data.role}`
  tx.messages.put({ id, by })
  return by
})
