/** What the page of these tests shows, and what it can ask for. */
import { z } from 'zod'
import { collection, defineState, document, jobs, log, setting, settings } from '../../src/index.ts'
import { action, refuseAction } from '../../src/server.ts'

const Host = z.object({ address: z.string().min(1), status: z.enum(['up', 'down']), seen: z.number() })

export const lan = defineState({
  name: 'lan',
  version: 1,
  kinds: {
    title: document(z.object({ text: z.string() })),
    /** Always of the same number as the title of the same commit; for tears. */
    number: document(z.number()),
    twin: collection(z.object({ id: z.string(), number: z.number() }), { key: 'id' }),
    hosts: collection(Host, { key: 'address', indexes: { byStatus: ['status', 'address'] } }),
    notes: collection(z.object({ id: z.string() }), { key: 'id' }),
    lines: log(z.string()),
    scans: jobs({
      input: z.object({ target: z.string() }),
      progress: z.object({ done: z.number() }),
      result: z.object({ found: z.number() }),
    }),
    settings: settings({ theme: setting(z.enum(['dark', 'light']), { default: 'dark' }) }),
    /** Too large to hold. */
    reports: collection(z.object({ id: z.string(), text: z.string() }), { key: 'id', feed: 'key', indexes: { byText: ['text'] } }),
  },
})

const addHost = action(lan, z.object({ address: z.string().min(1) }), (tx, { address }) => {
  if (tx.hosts.get(address)) refuseAction(`${address} is there already`)
  tx.hosts.put({ address, status: 'up', seen: 0 })
  return tx.hosts.count()
})

export const actions: { readonly addHost: typeof addHost } = { addHost }
