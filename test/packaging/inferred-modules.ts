/** Modules of users who write no type down: what a declaration of theirs says has to be named by what the package exports. */

const state = `
import { artifacts, collection, defineState, document, jobs, log, sessions, setting, settings } from 'holdfast'
import { z } from 'zod'

const Named = z.object({ id: z.string(), site: z.string() })
const lines = log(z.string())
export const lan = defineState({
  name: 'lan',
  version: 1,
  kinds: {
    topology: document(z.object({ routes: z.array(z.string()) }), { durability: 'delayed' }),
    sites: collection(Named, { key: 'id', durability: 'delayed' }),
    hosts: collection(Named, { key: 'id', indexes: { bySite: ['site'] }, parent: { kind: 'sites', field: 'site' } }),
    presence: collection(Named, { key: 'id', ttlMs: 60_000, durability: 'memory' }),
    large: collection(Named, { key: 'id', feed: 'key' }),
    lines,
    files: artifacts(Named),
    scans: jobs({ input: Named, progress: z.number(), result: z.string(), log: lines }),
    settings: settings({ theme: setting(z.enum(['light', 'dark']), { default: 'light' }), key: setting(z.string(), { default: '', secret: true }) }),
    people: sessions({ data: Named }),
  },
})
export const { scans, scansQueue } = lan.kinds
`

const actions = `
import { action, refuseAction } from 'holdfast/server'
import { z } from 'zod'
import { lan } from './state.js'

const byId = z.object({ id: z.string() })
const forget = action(lan, byId, (tx, { id }, { session }) => {
  if (session === undefined) refuseAction('Sign in first')
  return tx.hosts.get(id)
})
const start = action(lan, byId, (tx, { id }) => tx.scans.enqueue({ id, site: '' }))
export const actions = { forget, start }
`

const server = `
import { openStore } from 'holdfast'
import { createHandler, serve } from 'holdfast/server'
import { actions } from './actions.js'
import { lan } from './state.js'

export const store = await openStore(lan, { directory: '.lan' })
export const { topology, sites, hosts, presence, large, lines, files, scans, scansQueue, settings, people } = store
export const server = await serve(store, { actions })
export const handler = createHandler(store, { actions, port: 4173 })
export const committed = await store.commit((tx) => tx)
export const snapshot = await store.snapshot()
export const commits = store.follow()
export const health = store.health()
export const outcome = store.lookup('')
export const origin = store.why('hosts', '')
export const enqueued = await store.commit((tx) => tx.scans.enqueue({ id: '', site: '' }))
export const worker = scans.work(async () => 'done')
export const staged = files.stage(Buffer.from(''), { id: '', site: '' })
export const signedIn = people.create({ user: 'ada', data: { id: '', site: '' } })
export const session = people.verify('')
export const explained = settings.explain('theme')
export const found = hosts.find()
export const read = lines.read()
`

const replica = `
import { connect } from 'holdfast/client'
import { proven } from 'holdfast/client/token'
import type { actions } from './actions.js'
import type { lan } from './state.js'

export const replica = connect<typeof lan, typeof actions>({ url: '/state' })
export const { topology, sites, hosts, large, lines, files, scans, scansQueue, settings, status } = replica
export const untyped = connect({ url: '/state' })
export const answer = replica.call('forget', { id: '' })
export const page = hosts.page()
export const carriers = [proven('')]
`

const alone = `
import { connect } from 'holdfast/client'
import { list, register } from 'holdfast/registry'

export const replica = connect({ url: '/state' })
export const { anything } = replica
export const registration = await register({ name: 'lan' })
export const running = await list()
`

const hooks = `
import { createHoldfastContext, useAction, useCollection, useCount, useDetail, useDocument, useJob, useLog } from 'holdfast/react'
import { usePage, useRecord, useSetting, useStatus } from 'holdfast/react'
import type { actions } from './actions.js'
import type { lan } from './state.js'

export const context = createHoldfastContext<typeof lan, typeof actions>()
export const { HoldfastProvider, useReplica } = context
export const useTopology = () => useDocument(useReplica().topology)
export const useHost = () => useRecord(useReplica().hosts, '')
export const useHosts = () => useCollection(useReplica().hosts, { index: 'bySite' })
export const useSites = () => useCount(useReplica().sites)
export const useLines = () => useLog(useReplica().lines)
export const useScan = () => useJob(useReplica().scans, '')
export const useTheme = () => useSetting(useReplica().settings, 'theme')
export const useForget = () => useAction(useReplica(), 'forget')
export const useLarge = () => usePage(useReplica().large)
export const useFile = () => useDetail(useReplica().files, '')
export const useHow = () => useStatus(useReplica())
`

/** Imported by the others. */
export const importedModules: Readonly<Record<string, string>> = { 'state.ts': state, 'actions.ts': actions }

/** Each is a program of its own: what another module imports could name a type that this one cannot. */
export const inferredModules: Readonly<Record<string, string>> = {
  'server.ts': server,
  'replica.ts': replica,
  'hooks.ts': hooks,
  'alone.ts': alone,
}
