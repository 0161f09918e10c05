import type { JobName, ScanName, Wish } from '../../../actions.ts'
import { useAction } from '../holdfast.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { sayShortly } from './call-error.ts'

export interface JobActions {
  readonly isPending: boolean
  /** Why the last thing asked for is not to be. */
  readonly trouble: string | undefined
  readonly startScan: (wish: Wish) => void
  readonly makeReport: (scan: ScanName) => void
  readonly cancel: (job: JobName) => void
  readonly retry: (job: JobName) => void
}

/** What can be asked for where a job is shown, one thing at a time. */
export function useJobActions(): JobActions {
  const replica = useReplica()
  const [startScan, started] = useAction(replica, 'startScan')
  const [makeReport, reported] = useAction(replica, 'makeReport')
  const [cancel, cancelled] = useAction(replica, 'cancel')
  const [retry, retried] = useAction(replica, 'retry')
  const states = [started, reported, cancelled, retried]
  const isPending = states.some((state) => state.isPending)
  const error = states.find((state) => state.error)?.error
  const alone =
    <Input>(run: (input: Input) => Promise<unknown>) =>
    (input: Input): void => {
      if (isPending) return
      for (const { reset } of states) reset()
      void run(input)
    }
  return {
    isPending,
    trouble: error && sayShortly(error),
    startScan: alone(startScan),
    makeReport: alone(makeReport),
    cancel: alone(cancel),
    retry: alone(retry),
  }
}
