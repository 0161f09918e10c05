import { memo, type ReactNode, useId } from 'react'
import { isUnderWay } from '../../../job-state.ts'
import type { Scan } from '../../../state.ts'
import { visibleText } from '../../../visible.ts'
import { useNow } from '../frame/use-now.ts'
import { JobBar, JobButton, Moment, StateBadge } from '../jobs/job-parts.tsx'
import { describeState, percentOfJob } from '../jobs/job-words.ts'
import { type JobActions, useJobActions } from '../jobs/use-job-actions.ts'
import { formatSpan } from '../text/moments.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { describeCourse, describeFindings } from './scan-words.ts'

interface ScanCardProps {
  readonly scan: Scan
  /** Whether what is shown is what there is; the time of an old picture stands still. */
  readonly isLive: boolean
  /** Whether its lines alone are shown in the console. */
  readonly isOnly: boolean
  readonly onOnly: (scan: string | undefined) => void
}

/** One scan: how far it is, what it has found, and what can be done with it. */
export const ScanCard = memo(function ScanCard({ scan, isLive, isOnly, onOnly }: ScanCardProps): ReactNode {
  const id = useId()
  const actions = useJobActions()
  const { isPending, trouble } = actions
  const { tone } = describeState(scan)
  const about = `the scan of ${visibleText(scan.input.target)}`
  const course = trouble ?? describeCourse(scan)
  const { label, act } = nextStep(scan, actions)
  return (
    <li className="card" data-tone={tone} aria-labelledby={id}>
      <div className="card-head">
        <h3 id={id} className="mono">
          <ScannedText text={scan.input.target} />
        </h3>
        <StateBadge job={scan} />
        <Duration scan={scan} isLive={isLive} />
        {isUnderWay(scan) && <span className="figure">{percentOfJob(scan)} %</span>}
      </div>
      {isUnderWay(scan) && <JobBar job={scan} label={`Progress of ${about}`} />}
      <div className="card-foot">
        <div className="card-words">
          <p className="card-found">{describeFindings(scan)}</p>
          <p className={trouble === undefined ? 'card-course' : 'card-course trouble'} title={visibleText(course)}>
            <ScannedText text={course} />
          </p>
        </div>
        <div className="card-buttons">
          <JobButton
            label="Lines"
            about={`of ${about} in the console`}
            isOff={false}
            isPressed={isOnly}
            onPress={() => onOnly(isOnly ? undefined : scan.id)}
          />
          <JobButton
            label="Report"
            about={`on ${about}`}
            isOff={isPending || !isLive || scan.progress?.plan === undefined}
            onPress={() => actions.makeReport({ scanId: scan.id })}
          />
          {/* One button, whatever it does next: the focus stays on it. */}
          <JobButton label={label} about={about} isOff={isPending || !isLive} onPress={act} />
        </div>
      </div>
    </li>
  )
})

interface NextStep {
  readonly label: string
  readonly act: () => void
}

function nextStep(scan: Scan, { cancel, retry, startScan }: JobActions): NextStep {
  const job = { queue: 'scans', id: scan.id } as const
  if (isUnderWay(scan)) return { label: 'Cancel', act: () => cancel(job) }
  if (scan.state !== 'completed') return { label: 'Retry', act: () => retry(job) }
  const { target, ports } = scan.input
  return { label: 'Again', act: () => startScan({ target, ...(ports === undefined ? {} : { ports }) }) }
}

function Duration({ scan, isLive }: Pick<ScanCardProps, 'scan' | 'isLive'>): ReactNode {
  const isRunning = scan.state === 'running'
  const now = useNow(isRunning && isLive)
  const { startedAt, createdAt, endedAt } = scan
  const end = isRunning ? now : endedAt
  return (
    <span className="duration">
      <Moment at={startedAt ?? createdAt} />
      {end !== undefined && startedAt !== undefined && <span className="span">{formatSpan(end - startedAt)}</span>}
    </span>
  )
}
