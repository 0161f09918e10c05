import type { Readable } from 'node:stream'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { connect } from '../../src/client.ts'
import { type Artifact, artifacts, type CommitOf, defineState, type Frozen, type StagedArtifact, type Store } from '../../src/index.ts'

interface Meta {
  readonly title: string
  readonly tags: readonly string[]
}

const archive = defineState({
  name: 'archive',
  version: 1,
  kinds: {
    reports: artifacts(z.object({ title: z.string(), tags: z.array(z.string()).default([]) })),
    quiet: artifacts(z.object({ title: z.string() }), { feed: 'key' }),
  },
})
const store = {} as Store<typeof archive>

test('[A1] what is known of a file is typed from its schema', () => {
  expectTypeOf(store.reports.get('a')?.meta).toEqualTypeOf<Frozen<Meta> | undefined>()
  expectTypeOf(store.reports.put(new Uint8Array(), { title: 'a' })).resolves.toEqualTypeOf<
    Frozen<Artifact<{ title: string; tags: string[] }>>
  >()
  expectTypeOf(store.reports.stage('path', { title: 'a' })).resolves.toEqualTypeOf<StagedArtifact>()
  expectTypeOf(store.reports.open('a', { start: 1 })).resolves.toEqualTypeOf<Readable>()
  expectTypeOf<CommitOf<typeof archive, 'reports'>['changes'][number]['before']>().toEqualTypeOf<
    Frozen<Artifact<{ title: string; tags: string[] }>> | undefined
  >()
  expectTypeOf<CommitOf<typeof archive, 'quiet'>['changes'][number]['before']>().toEqualTypeOf<undefined>()
  const replica = connect<typeof archive>({ url: '/state' })
  expectTypeOf(replica.reports.get('a')?.meta.title).toEqualTypeOf<string | undefined>()
  expectTypeOf(replica.quiet.page()).not.toBeAny()
})

test('[A1] misuse does not compile', () => {
  // @ts-expect-error no title
  void store.reports.put(new Uint8Array(), {})
  // @ts-expect-error no source
  void store.reports.put(5, { title: 'a' })
  // @ts-expect-error no such option
  void store.reports.put('path', { title: 'a' }, { nme: 'a' })
  // @ts-expect-error no such index
  store.reports.find({ index: 'byTitle' })
  // @ts-expect-error the time of its record is the store's
  void store.commit((tx) => tx.reports.update('a', { createdAt: 0 }))
  // @ts-expect-error bytes come by staging
  void store.commit((tx) => tx.reports.put({}))
  store.reports.find({ index: 'byJob', equals: ['job'], gte: 0 })
})
