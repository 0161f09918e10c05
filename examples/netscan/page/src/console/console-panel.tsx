import { Fragment, memo, type ReactNode, useMemo, useState } from 'react'
import type { LogLine } from '../../../state.ts'
import { visibleText } from '../../../visible.ts'
import { Empty, Panel, Waiting } from '../frame/panel.tsx'
import { type LogEntry, useLog } from '../holdfast.ts'
import { useReplica } from '../replica/netscan-context.ts'
import { useHasData, useScans } from '../replica/use-held.ts'
import { formatClock, formatDay, formatFully, formatMoment, isSameDay } from '../text/moments.ts'
import { ScannedText } from '../text/scanned-text.tsx'
import { useFollowEnd } from './use-follow-end.ts'

type Level = LogLine['level']
type Line = LogEntry<LogLine>

/** Lines on the page, the newest ones. */
const limit = 500
const levels: readonly Level[] = ['info', 'found', 'lost', 'warning']

export interface ConsolePanelProps {
  /** The scan whose lines alone are shown; undefined for all lines. */
  readonly only: string | undefined
  readonly onOnly: (scan: string | undefined) => void
}

/** What has happened, newest last. */
export function ConsolePanel({ only, onOnly }: ConsolePanelProps): ReactNode {
  const hasData = useHasData()
  const lines = useLog(useReplica().console, { limit, stream: only })
  const [hidden, setHidden] = useState<ReadonlySet<Level>>(new Set())
  const shown = useMemo(() => lines.filter(({ value }) => !hidden.has(value.level)), [lines, hidden])
  const { box, isFollowing, onScroll, toEnd } = useFollowEnd<HTMLDivElement>(shown)
  return (
    <Panel name="console" title="Console" aside={<LevelChoice hidden={hidden} onChange={setHidden} />}>
      <ScanChoice only={only} onOnly={onOnly} />
      <div className="console-frame">
        {/* Not announced line by line: a scan writes hundreds. What matters is announced beside it. */}
        <div className="scroll lines" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label="Console">
          {shown.length > 0 ? <Lines lines={shown} /> : hasData ? <NoLines isFiltered={lines.length > 0} /> : <Waiting />}
        </div>
        <button type="button" className="to-end" hidden={isFollowing} onClick={toEnd}>
          Newest lines <span aria-hidden="true">↓</span>
        </button>
      </div>
    </Panel>
  )
}

function NoLines({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  return <Empty>{isFiltered ? 'No lines of the levels chosen.' : 'Nothing is told here yet.'}</Empty>
}

/** Each scan has a history of its own. */
function ScanChoice({ only, onOnly }: ConsolePanelProps): ReactNode {
  const scans = useScans()
  const now = Date.now()
  return (
    <label className="console-scan">
      <span>Lines of</span>
      <select value={only ?? ''} onChange={(event) => onOnly(event.target.value === '' ? undefined : event.target.value)}>
        <option value="">everything</option>
        {scans.map(({ id, input, createdAt }) => (
          <option key={id} value={id}>
            {`scan of ${visibleText(input.target)}, ${formatMoment(createdAt, now)}`}
          </option>
        ))}
      </select>
    </label>
  )
}

interface LevelChoiceProps {
  readonly hidden: ReadonlySet<Level>
  readonly onChange: (hidden: ReadonlySet<Level>) => void
}

function LevelChoice({ hidden, onChange }: LevelChoiceProps): ReactNode {
  return (
    <div className="levels" role="group" aria-label="Levels shown">
      {levels.map((level) => (
        <label key={level} className="level" data-level={level}>
          <input type="checkbox" checked={!hidden.has(level)} onChange={() => onChange(toggle(hidden, level))} />
          {level}
        </label>
      ))}
    </div>
  )
}

function toggle(hidden: ReadonlySet<Level>, level: Level): ReadonlySet<Level> {
  return new Set(levels.filter((one) => hidden.has(one) !== (one === level)))
}

function Lines({ lines }: { readonly lines: readonly Line[] }): ReactNode {
  const today = Date.now()
  return lines.map((line, index) => {
    const before = lines[index - 1]?.at ?? today
    return (
      <Fragment key={line.seq}>
        {!isSameDay(line.at, before) && <p className="day">{isSameDay(line.at, today) ? 'Today' : formatDay(line.at)}</p>}
        <LineRow at={line.at} line={line.value} />
      </Fragment>
    )
  })
}

const LineRow = memo(function LineRow({ at, line: { level, text } }: { readonly at: number; readonly line: LogLine }): ReactNode {
  return (
    <p className="line" data-level={level}>
      <time dateTime={new Date(at).toISOString()} title={formatFully(at)}>
        {formatClock(at)}
      </time>
      <span className="line-level">{level}</span>
      <span className="line-text">
        <ScannedText text={text} />
      </span>
    </p>
  )
})
