/** A scan by plain TCP connections: needs no other program and no privileges. */
import { usualService } from './ports.ts'
import { type PortState, probe } from './probe.ts'
import type { HostStep, ScanPlan, ScanStep } from './scanner.ts'

/** Connections under way at a time, over all hosts. */
const maxSockets = 256
/** Ports at which a host usually answers, be it with a refusal. */
const knocks = [443, 80, 22, 445]
/** Hosts looked at side by side, so that silent ones do not hold up the rest. */
const maxHosts = 8

interface Lane {
  readonly plan: ScanPlan
  readonly signal: AbortSignal
  /** Ports probed at a time, on one host. */
  readonly width: number
  readonly timeoutMs: number
}

/** Every host in the plan, `maxHosts` at a time, each port by port in the order of the plan. */
export async function* connectScan(plan: ScanPlan, signal: AbortSignal, timeoutMs = 1_000): AsyncGenerator<ScanStep, void, undefined> {
  const ended = new AbortController()
  const lanes = Math.max(1, Math.min(maxHosts, plan.pending.length))
  const lane = { plan, timeoutMs, signal: AbortSignal.any([signal, ended.signal]), width: Math.floor(maxSockets / lanes) }
  const waiting = plan.pending.map((host) => scanHost(host.address, host.settled, lane))
  const running = new Map(waiting.splice(0, lanes).map((host) => [host, next(host)]))
  try {
    while (running.size > 0) {
      const { host, result } = await Promise.race(running.values())
      running.delete(host)
      const follower = result.done ? waiting.shift() : host
      if (follower) running.set(follower, next(follower))
      if (!result.done) yield result.value
    }
  } finally {
    ended.abort()
    await Promise.allSettled(running.values())
  }
}

type HostScan = AsyncGenerator<HostStep, void, undefined>

interface Next {
  readonly host: HostScan
  readonly result: IteratorResult<HostStep, void>
}

/** Starts on the next step; a failure waits there until somebody asks for the result. */
function next(host: HostScan): Promise<Next> {
  const step = host.next().then((result) => ({ host, result }))
  step.catch(() => undefined)
  return step
}

/** One step per `width` ports. A host is down when neither its first ports answer nor any of those it is knocked at. */
async function* scanHost(address: string, settled: number, lane: Lane): HostScan {
  let isUp = settled > 0 || (await probeAll(address, knocks, lane)).some(isAnswer)
  for (let from = settled; from < lane.plan.ports.length; from += lane.width) {
    const ports = lane.plan.ports.slice(from, from + lane.width)
    const states = await probeAll(address, ports, lane)
    isUp ||= states.some(isAnswer)
    yield toStep(address, { from, ports, states, isUp })
    if (!isUp) return
  }
}

function probeAll(address: string, ports: readonly number[], lane: Lane): Promise<PortState[]> {
  return Promise.all(ports.map((port) => probe(address, port, lane)))
}

function isAnswer(state: PortState): boolean {
  return state !== 'filtered'
}

interface Slice {
  readonly from: number
  readonly ports: readonly number[]
  readonly states: readonly PortState[]
  readonly isUp: boolean
}

function toStep(address: string, { from, ports, states, isUp }: Slice): HostStep {
  const open = ports.filter((_, index) => states[index] === 'open').map((port) => ({ port, service: usualService(port), product: '' }))
  const reason = isUp ? 'answered' : 'no answer'
  return { type: 'host', address, status: isUp ? 'up' : 'down', reason, settled: from + ports.length, open }
}
