/** Faults, planted in what real clients recorded, that the validators have to find: each by the one it is meant for. */
import { revisionOf } from '../../src/protocol/commit-text.ts'
import type { Recording, Sighting } from '../simulation/validators.ts'

export interface RecordingPlant {
  readonly name: string
  /** The validator that has to complain. */
  readonly foundBy: string
  /** Two commits in a row become these. */
  readonly edit: (first: Sighting, second: Sighting) => readonly Sighting[]
}

const bookmarkAt = ({ cursor }: Sighting): Sighting => ({ what: 'bookmark', cursor })

export const recordingPlants: readonly RecordingPlant[] = [
  { name: 'a commit is lost', foundBy: 'Reliable', edit: (_first, second) => [second] },
  { name: 'a commit comes twice', foundBy: 'Unique', edit: (first, second) => [first, first, second] },
  { name: 'two commits change places', foundBy: 'Ordered', edit: (first, second) => [second, first] },
  { name: 'a part of a commit is lost', foundBy: 'Atomic', edit: (first, second) => [{ ...first, text: '[0]' }, second] },
  { name: 'a bookmark comes in place of a commit', foundBy: 'Bookmarkable', edit: (first, second) => [bookmarkAt(first), second] },
  {
    name: 'a snapshot comes where nothing had been missed',
    foundBy: 'Resumable',
    edit: (first, { cursor }) => [first, { what: 'snapshot', cursor, isDue: false }],
  },
]

/** The recording with the fault in its middle; undefined where it has no two commits in a row. */
export function plantInRecording({ name, hasKind, sightings }: Recording, { edit }: RecordingPlant): Recording | undefined {
  const places = sightings.flatMap((first, at) => {
    const second = sightings[at + 1]
    return second !== undefined && areInARow(first, second) ? [at] : []
  })
  const at = places[places.length >> 1]
  const [first, second] = at === undefined ? [] : sightings.slice(at, at + 2)
  if (at === undefined || first === undefined || second === undefined) return undefined
  return { name, hasKind, sightings: [...sightings.slice(0, at), ...edit(first, second), ...sightings.slice(at + 2)] }
}

function areInARow(first: Sighting, second: Sighting): boolean {
  return first.what === 'commit' && second.what === 'commit' && revisionOf(first.cursor) < revisionOf(second.cursor)
}
