/** What is waited for of replicas by several carriers, and what they follow: changes of every kind. */
import type { ReplicaStatus } from '../../src/client.ts'
import type { Store } from '../../src/index.ts'
import type { SeededRandom } from '../harness/seeded-random.ts'
import type { everything } from './everything.ts'
import type { EverythingReplica, Follower } from './everywhere.ts'

type EverythingStore = Store<typeof everything>

/** A change of some kind, of several at times. */
export function change(store: EverythingStore, random: SeededRandom): Promise<unknown> {
  const owner = random.pick(['ann', 'bob'])
  const note = { id: `n${random.below(20)}`, owner, text: random.pick(['plain', 'Größe 🙂', 'a\nb\u2028"\\', '']) }
  const sort = random.below(13)
  if (sort === 0) return store.files.put(Buffer.from(note.text), { owner }, { name: 'a file.txt' })
  if (sort === 1) return store.options.set({ theme: note.text, apiKey: 'nobody is told' })
  return store.commit(
    (tx) => {
      if (sort === 2) tx.title.set(note.text)
      else if (sort === 3) tx.notes.delete(note.id)
      else if (sort === 4) tx.details.put(note)
      else if (sort === 5) tx.scans.enqueue({ owner })
      else if (sort < 8) tx.lines.append(note.text, { stream: owner })
      else if (sort === 8) tx.motto.set({ owner, text: note.text })
      else if (sort === 9) tx.sayings.append({ owner, text: note.text }, { stream: random.pick(['one', 'two']) })
      else if (sort === 10) tx.viewers.put({ id: note.id, owner, seat: Number(note.id.slice(1)) })
      else tx.notes.put(note)
      if (random.chance(0.3)) tx.notes.put({ ...note, id: 'every time' })
    },
    random.chance(0.5) ? { actor: owner, label: note.text } : {},
  )
}

export const replicasOf = (followers: readonly Follower[]): EverythingReplica[] => followers.map(({ replica }) => replica)

/** Resolves once each has what the store has now. */
export async function agree(followers: readonly Follower[], { cursor }: { readonly cursor: string }): Promise<void> {
  await Promise.all(replicasOf(followers).map((replica) => replica.settled(cursor)))
}

/** Resolves once a replica is in a state. */
export function whenState({ replica }: Follower, wanted: ReplicaStatus['state']): Promise<ReplicaStatus> {
  return new Promise((resolve) => {
    const look = (status: ReplicaStatus): void => void (status.state === wanted && resolve(status))
    replica.onStatus(look)
    look(replica.status)
  })
}

/** Resolves once a replica has begun anew. */
export function whenReset({ replica }: Follower): Promise<void> {
  return new Promise((resolve) => replica.subscribe((commit) => commit === undefined && resolve()))
}
