/** States with kinds that are softer than a commit: of one process, and written behind. */
import { z } from 'zod'
import { collection, defineState, document, log } from '../../src/index.ts'

export const Viewer = z.object({ id: z.string(), room: z.string(), at: z.number(), seat: z.number().optional() })

export const withMemory = defineState({
  name: 'soft',
  version: 1,
  kinds: {
    title: document(z.string()),
    capability: document(z.string(), { durability: 'memory' }),
    viewers: collection(Viewer, {
      key: 'id',
      indexes: { byRoom: ['room'], bySeat: { fields: ['seat'], unique: true } },
      durability: 'memory',
    }),
  },
})

export const withDelayed = defineState({
  name: 'behind',
  version: 1,
  kinds: {
    title: document(z.string()),
    progress: document(z.object({ done: z.number() }), { durability: 'delayed' }),
    viewers: collection(Viewer, { key: 'id', indexes: { byRoom: ['room', 'at'] }, durability: 'delayed' }),
    hosts: collection(z.object({ address: z.string(), up: z.boolean() }), { key: 'address' }),
    lines: log(z.string()),
  },
})

export const withTtl = defineState({
  name: 'ttl',
  version: 1,
  kinds: {
    title: document(z.string()),
    leases: collection(Viewer, { key: 'id', ttlMs: 10_000 }),
    presence: collection(Viewer, { key: 'id', indexes: { byRoom: ['room'] }, ttlMs: 10_000, durability: 'delayed' }),
    local: collection(Viewer, { key: 'id', ttlMs: 10_000, durability: 'memory' }),
  },
})
