import { Snapshots } from '../../src/engine/snapshot/snapshots.ts'
import { DistinctAnswers } from './distinct-answers.ts'

/** Counts the snapshots of this process that are assembled, rather than shared, until it is disposed of. */
export class TakenSnapshots extends DistinctAnswers<'take'> {
  constructor() {
    super(Snapshots.prototype, 'take')
  }
}
