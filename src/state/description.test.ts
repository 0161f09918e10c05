import { expect, test } from 'vitest'
import { z } from 'zod'
import { collection } from './collection-kind.ts'
import { describeKind, findIncompatibility } from './description.ts'
import { document } from './document-kind.ts'
import { log } from './log-kind.ts'

const Host = z.object({ id: z.string(), name: z.string() })

test('[M6] kinds are described as data that survives JSON', () => {
  const hosts = collection(Host, { key: 'id', indexes: { byName: { fields: ['name'], unique: true } }, feed: 'key' })
  const described = [document(z.string()), hosts, log(z.string(), { retention: { entries: 5 } })].map((kind) => describeKind(kind))
  expect(described).toEqual([
    { type: 'document', feed: 'value' },
    { type: 'collection', feed: 'key', key: 'id', indexes: { byName: { fields: ['name'], unique: true } } },
    { type: 'log', feed: 'value', retention: { entries: 5 } },
  ])
  expect(JSON.parse(JSON.stringify(described))).toEqual(described)
})

test('[M6] what may not change under one version: the type and the key, and nothing else', () => {
  const by = (key: 'id' | 'name', more: object = {}) => describeKind(collection(Host, { key, ...more }))
  expect(findIncompatibility(by('id'), by('name'))).toEqual({ what: 'key', stored: 'id', declared: 'name' })
  expect(findIncompatibility(by('id'), describeKind(log(Host)))).toEqual({ what: 'type', stored: 'collection', declared: 'log' })
  expect(findIncompatibility(by('id'), by('id', { feed: 'none', indexes: { byName: ['name'] } }))).toBeUndefined()
  const logs = [log(z.string()), log(z.number(), { retention: { entries: 5 } })].map((kind) => describeKind(kind))
  expect(findIncompatibility(logs[0]!, logs[1]!)).toBeUndefined()
})
