import { memo, type ReactNode, useId } from 'react'
import { isUnderWay } from '../../../job-state.ts'
import type { Report, ReportFile } from '../../../state.ts'
import { visibleText } from '../../../visible.ts'
import { JobBar, JobButton, Moment, StateBadge } from '../jobs/job-parts.tsx'
import { describeAttempts, describeState, describeTrouble } from '../jobs/job-words.ts'
import { useJobActions } from '../jobs/use-job-actions.ts'
import { formatBytes, formatCount } from '../text/counts.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { addressOf } from './addresses.ts'

interface ReportRowProps {
  readonly report: Report
  readonly files: readonly ReportFile[]
  readonly isLive: boolean
}

/** One report: how far it is, or the files it has become. */
export const ReportRow = memo(function ReportRow({ report, files, isLive }: ReportRowProps): ReactNode {
  const id = useId()
  const { isPending, trouble, cancel, retry } = useJobActions()
  const about = `the report of ${visibleText(report.input.target)}`
  const job = { queue: 'reports', id: report.id } as const
  const isOff = isPending || !isLive
  const isDone = report.state === 'completed'
  const course = trouble ?? describeCourse(report, files)
  return (
    <li className="card" data-tone={describeState(report).tone} aria-labelledby={id}>
      <div className="card-head">
        <h3 id={id} className="mono">
          <ScannedText text={report.input.target} />
        </h3>
        {!isDone && <StateBadge job={report} />}
        <span className="duration">
          <Moment at={report.createdAt} />
        </span>
      </div>
      {isUnderWay(report) && <JobBar job={report} label={`Progress of ${about}`} />}
      <div className="card-foot">
        <p className={trouble === undefined ? 'card-course' : 'card-course trouble'} title={visibleText(course)}>
          <ScannedText text={course} />
        </p>
        <div className="card-buttons">
          {files.map((file) => (
            <FileLink key={file.id} file={file} about={about} />
          ))}
          {isUnderWay(report) && <JobButton label="Cancel" about={about} isOff={isOff} onPress={() => cancel(job)} />}
          {!isUnderWay(report) && !isDone && <JobButton label="Retry" about={about} isOff={isOff} onPress={() => retry(job)} />}
        </div>
      </div>
    </li>
  )
})

function describeCourse(report: Report, [file]: readonly ReportFile[]): string {
  const trouble = describeTrouble(report)
  if (trouble !== '') return [trouble, describeAttempts(report)].filter(Boolean).join(' · ')
  if (report.state === 'running') return report.progress?.message ?? ''
  return file ? `${formatCount(file.meta.up, 'host')} up · ${formatCount(file.meta.open, 'open port')}` : ''
}

/** A download, as long as the file is there. */
function FileLink({ file, about }: { readonly file: ReportFile; readonly about: string }): ReactNode {
  const format = file.meta.format.toUpperCase()
  if (file.meta.missingSince !== undefined) {
    return (
      <span className="gone" title="The file is not where it was kept.">
        {format} gone
      </span>
    )
  }
  return (
    <a
      className="download"
      href={addressOf(file)}
      download={file.name}
      aria-label={`Download ${about} as ${format}, ${formatBytes(file.bytes)}`}
    >
      {format} <span className="quiet">{formatBytes(file.bytes)}</span>
    </a>
  )
}
