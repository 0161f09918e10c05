/** What the cards of scans and the rows of reports have in common. */
import type { ReactNode } from 'react'
import { formatFully, formatMoment } from '../text/moments.ts'
import { describeState, percentOfJob, type ShownJob } from './job-words.ts'

export function StateBadge({ job }: { readonly job: ShownJob }): ReactNode {
  const { label, tone } = describeState(job)
  return (
    <span className="badge" data-tone={tone}>
      {label}
    </span>
  )
}

/** @param label names it for those who do not see what it belongs to */
export function JobBar({ job, label }: { readonly job: ShownJob; readonly label: string }): ReactNode {
  return <progress aria-label={label} value={percentOfJob(job)} max={100} data-tone={describeState(job).tone} />
}

export function Moment({ at }: { readonly at: number }): ReactNode {
  return (
    <time dateTime={new Date(at).toISOString()} title={formatFully(at)}>
      {formatMoment(at, Date.now())}
    </time>
  )
}

interface JobButtonProps {
  readonly label: string
  /** What it is done to, as in `the scan of 10.0.0.1`. */
  readonly about: string
  readonly isOff: boolean
  readonly isPressed?: boolean
  readonly onPress: () => void
}

/** Not `disabled` while it cannot be pressed, which would take the focus away from whoever has just done so. */
export function JobButton({ label, about, isOff, isPressed, onPress }: JobButtonProps): ReactNode {
  return (
    <button
      type="button"
      className="small"
      aria-label={`${label} ${about}`}
      aria-disabled={isOff}
      aria-pressed={isPressed}
      onClick={() => {
        if (!isOff) onPress()
      }}
    >
      {label}
    </button>
  )
}
