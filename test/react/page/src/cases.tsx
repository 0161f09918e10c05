/** What a test can put on the page, by name. */
import { Component, type ReactNode, startTransition, Suspense, useEffect, useLayoutEffect, useState } from 'react'
import { useAction, useCollection, useDocument, useLog, useReady, useRecord, useReplica as useAnyReplica } from '../../../../src/react.ts'
import { Probe, Reads } from './probes.tsx'
import { useReplica } from './replica.ts'

/** What tests read, and what they set off, of the case that is on the page. */
export interface Report {
  /** Results that differ by identity, by what was read. */
  readonly results: Map<string, Set<unknown>>
  readonly noted: unknown[]
  act: (...args: never[]) => unknown
}

export const report: Report = { results: new Map(), noted: [], act: () => undefined }

function noteResult(name: string, result: unknown): void {
  report.results.set(name, (report.results.get(name) ?? new Set()).add(result))
}

/** Renders again when it is told to, though nothing has changed. */
function Steady(): ReactNode {
  const { hosts, lines, title } = useReplica()
  const [round, setRound] = useState(0)
  report.act = () => setRound((before) => before + 1)
  noteResult('list', useCollection(hosts, { index: 'byStatus', equals: ['up'] }))
  noteResult('filtered', useCollection(hosts, {}, { filter: ({ status }) => status === 'down' }))
  noteResult('names', useCollection(hosts, {}, { select: (all) => all.map(({ address }) => address) }))
  noteResult('grouped', useCollection(hosts, {}, { select: groupByStatus }))
  noteResult(
    'fields',
    useDocument(title, ({ text }) => ({ text, length: text.length })),
  )
  noteResult('lines', useLog(lines, { stream: 's' }))
  return <p id="round">{round}</p>
}

/** Its result is another object each time, so it must not run anew while nothing has changed. */
function groupByStatus(hosts: readonly { readonly status: string }[]): Map<string, unknown> {
  return Map.groupBy(hosts, ({ status }) => status)
}

const heavyParts = Array.from({ length: 24 }, (_, part) => part)
const seenWhileRendering = new Set<string>()

/** Takes a slice of its own, so that commits come in between the parts of one render. */
function Heavy(): ReactNode {
  const { number, twin } = useReplica()
  const until = performance.now() + 6
  while (performance.now() < until);
  const shown = `${useDocument(number)} ${useRecord(twin, 'twin')?.number}`
  seenWhileRendering.add(shown)
  return <i className="number">{shown}</i>
}

/** Parts that come in a transition; none of them is subscribed before it is over, so that no commit begins it anew. */
function Tearing(): ReactNode {
  const [isHeavy, setHeavy] = useState(false)
  report.act = (isOn: boolean) => {
    seenWhileRendering.clear()
    startTransition(() => setHeavy(isOn))
  }
  useLayoutEffect(() => {
    const numbers = Array.from(document.querySelectorAll('.number'), ({ textContent }) => textContent)
    report.noted.push({ isHeavy, shown: [...new Set(numbers)], seen: seenWhileRendering.size })
  })
  return isHeavy && heavyParts.map((part) => <Heavy key={part} />)
}

function Acting(): ReactNode {
  const replica = useReplica()
  const [addHost, state] = useAction(replica, 'addHost')
  const { isPending, value, error, reset } = state
  const found = useRecord(replica.hosts, 'new')
  report.act = (what: 'reset' | 'twice' | 'dropped' | { readonly address: string }, isEnded?: boolean) => {
    if (what === 'reset') return reset()
    if (what === 'dropped') {
      void addHost({ address: 'dropped' }).then(() => report.noted.push('answered'))
      return reset()
    }
    if (what === 'twice') return void Promise.all([addHost({ address: 'one' }), addHost({ address: 'two' })])
    // Nobody waits for it: what comes of it is in the state.
    void addHost(what, { signal: isEnded ? AbortSignal.abort() : undefined })
  }
  const issue = error?.code === 'SCHEMA_REJECTED' ? error.details.issues[0]?.path : undefined
  useEffect(() => {
    report.noted.push([isPending, value, error?.code, issue, found !== undefined])
  }, [isPending, value, error, issue, found])
  return null
}

function WaitsForData(): ReactNode {
  const replica = useReplica()
  useReady(replica)
  return <Probe name="title" />
}

/** Shows the code of what is thrown. */
class Boundary extends Component<{ readonly children: ReactNode }, { readonly code?: string }> {
  override state: { readonly code?: string } = {}

  static getDerivedStateFromError(error: { readonly code?: string }): { readonly code: string } {
    return { code: String(error.code) }
  }

  override render(): ReactNode {
    return this.state.code ? <p id="code">{this.state.code}</p> : this.props.children
  }
}

function Undeclared(): ReactNode {
  return useCollection(useReplica().hosts, { index: 'byNothing' } as never).length
}

function Misspelled(): ReactNode {
  return useCollection(useReplica().hosts, {}, { fliter: () => true } as never).length
}

function WithoutProvider(): ReactNode {
  useAnyReplica()
  return null
}

function NoHandle(): ReactNode {
  return String(useDocument({} as never))
}

export const cases: { readonly [name: string]: () => ReactNode } = {
  Reads,
  Steady,
  Tearing,
  Acting,
  Job: () => <Probe name="job" />,
  Server: () => (['page', 'detail', 'nothing', 'unindexed'] as const).map((name) => <Probe key={name} name={name} />),
  Newest: () => <Probe name="newest" />,
  Suspended: () => (
    <Boundary>
      <Suspense fallback={<p id="fallback">waits</p>}>
        <WaitsForData />
      </Suspense>
    </Boundary>
  ),
  ...Object.fromEntries(
    [Undeclared, Misspelled, WithoutProvider, NoHandle].map((Wrong) => [
      Wrong.name,
      () => (
        <Boundary>
          <Wrong />
        </Boundary>
      ),
    ]),
  ),
}
