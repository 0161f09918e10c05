/** A state with all that is served, each kind at least once. Loads no test runner, so that programs can use it. */
import { z } from 'zod'
import { artifacts, collection, defineState, document, jobs, log, sessions, setting, settings } from '../../src/index.ts'
import { action } from '../../src/server.ts'

const Note = z.object({ id: z.string(), owner: z.string(), text: z.string() })

const Said = z.object({ owner: z.string(), text: z.string() })
const Viewer = z.object({ id: z.string(), owner: z.string(), seat: z.number() })

const lines = log(z.string(), { retention: { entriesPerStream: 16 } })
const input = z.object({ owner: z.string() })

export const everything = defineState({
  name: 'everything',
  version: 1,
  kinds: {
    title: document(z.string()),
    notes: collection(Note, { key: 'id', indexes: { byOwner: ['owner'] } }),
    details: collection(Note, { key: 'id', feed: 'key' }),
    lines,
    scans: jobs({ input, progress: z.object({ done: z.number() }), log: lines, leaseMs: 600, backoff: { minMs: 1, maxMs: 5 } }),
    reports: jobs({ input, log: lines }),
    files: artifacts(z.object({ owner: z.string() })),
    options: settings({ theme: setting(z.string(), { default: 'dark' }), apiKey: setting(z.string(), { secret: true }) }),
    people: sessions({ data: z.object({}) }),
    motto: document(Said),
    sayings: log(Said),
    // Who is there, as long as each says so.
    viewers: collection(Viewer, { key: 'id', indexes: { bySeat: { fields: ['seat'], unique: true } }, ttlMs: 60_000 }),
  },
})

/** Puts a note of whoever asks. */
export const write = action(everything, z.object({ id: z.string() }), (tx, { id }, { session }) => {
  tx.notes.put({ id, owner: session?.user ?? 'owner', text: 'called' })
  return tx.notes.count()
})

/** Takes a seat, which may be somebody's, and says so. */
export const sit = action(everything, z.object({ id: z.string(), seat: z.number(), saying: z.string() }), (tx, { id, seat, saying }) => {
  tx.sayings.append({ owner: id, text: saying })
  tx.viewers.put({ id, owner: id, seat })
})

export const actions = { write, sit }
