import { type ReactNode, type SyntheticEvent, useId, useMemo, useState } from 'react'
import { arrangeJobs } from '../../../job-state.ts'
import type { Report, ReportFile, Scan } from '../../../state.ts'
import { visibleText } from '../../../visible.ts'
import { Empty, Panel, Waiting } from '../frame/panel.tsx'
import { useAction, useCollection } from '../holdfast.ts'
import { sayShortly } from '../jobs/call-error.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { useHasData, useIsLive, useScans } from '../replica/use-held.ts'
import { formatNumber } from '../text/counts.ts'
import { formatMoment } from '../text/moments.ts'
import { ReportRow } from './report-row.tsx'

const noFiles: readonly ReportFile[] = []

/** Reports that are being made and those that were, and the way to another one. */
export function ReportsPanel(): ReactNode {
  const replica = useReplica()
  const hasData = useHasData()
  const isLive = useIsLive()
  const reports = useCollection(replica.reports, {}, { select: arrangeJobs<Report> })
  const files = useCollection(replica.reportFiles)
  const filesOf = useMemo(() => Map.groupBy(files.toSorted(byFormat), (file) => file.job), [files])
  return (
    <Panel name="reports" title="Reports" aside={hasData && <Figures files={files.length} />}>
      <MakeReport isLive={isLive} />
      <div className="scroll" tabIndex={0} role="region" aria-label="Reports, list">
        {reports.length > 0 ? (
          <ul className="cards">
            {reports.map((report) => (
              <ReportRow key={report.id} report={report} files={filesOf.get(report.id) ?? noFiles} isLive={isLive} />
            ))}
          </ul>
        ) : hasData ? (
          <Empty>A report tells what a scan has found, in files to keep and to pass on.</Empty>
        ) : (
          <Waiting />
        )}
      </div>
    </Panel>
  )
}

/** What people read comes before what programs do. */
function byFormat({ meta: a }: ReportFile, { meta: b }: ReportFile): number {
  return a.format < b.format ? -1 : 1
}

function Figures({ files }: { readonly files: number }): ReactNode {
  return (
    <span className="panel-figures">
      <b>{formatNumber(files)}</b> {files === 1 ? 'file' : 'files'}
    </span>
  )
}

function MakeReport({ isLive }: { readonly isLive: boolean }): ReactNode {
  const id = useId()
  const scans = useScans().filter(hasFound)
  const [chosen, setChosen] = useState<string>()
  const [makeReport, { isPending, error }] = useAction(useReplica(), 'makeReport')
  const scanId = scans.some((scan) => scan.id === chosen) ? chosen : scans[0]?.id
  const isOff = isPending || !isLive || scanId === undefined
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    if (!isOff) void makeReport({ scanId })
  }
  const now = Date.now()
  return (
    <form className="make-report" onSubmit={submit}>
      <label className="visually-hidden" htmlFor={id}>
        Scan to report
      </label>
      <select id={id} value={scanId ?? ''} onChange={(event) => setChosen(event.target.value)}>
        {scans.length === 0 && <option value="">no scan yet</option>}
        {scans.map((scan) => (
          <option key={scan.id} value={scan.id}>
            {`${visibleText(scan.input.target)}, ${formatMoment(scan.startedAt ?? scan.createdAt, now)}`}
          </option>
        ))}
      </select>
      <button type="submit" aria-disabled={isOff}>
        {isPending ? 'Asking…' : 'Make report'}
      </button>
      {error && (
        <p className="hint trouble" role="alert">
          {sayShortly(error)}
        </p>
      )}
    </form>
  )
}

function hasFound({ progress }: Scan): boolean {
  return progress?.plan !== undefined
}
