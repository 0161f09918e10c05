/** What a scanner is: the same results, step by step, whether nmap finds them or this program itself. */
import type { Scan } from '../state.ts'

/** The scanner itself cannot go on, such as nmap that ends with an error. The message is a sentence for the user. */
export class ScannerError extends Error {
  override readonly name = 'ScannerError'
}

/** What is left to do of a scan. */
export interface ScanPlan {
  /** Hosts in order, each with how many of `ports` are settled already. */
  readonly pending: Scan['pending']
  readonly ports: readonly number[]
  /** Whether to ask open ports what they run; only nmap can. */
  readonly versions: boolean
}

export interface OpenPort {
  readonly port: number
  readonly service: string
  readonly product: string
}

/** News of one host: its ports before index `settled` of the plan are settled now. */
export interface HostStep {
  readonly type: 'host'
  readonly address: string
  /** `undefined` as long as nothing has answered. A host that is down needs no more steps. */
  readonly status: 'up' | 'down' | undefined
  readonly reason: string
  readonly settled: number
  /** The open ports among those settled by this step. */
  readonly open: readonly OpenPort[]
}

/** What the scanner is busy with between hosts, for people. */
export interface ActivityStep {
  readonly type: 'activity'
  readonly text: string
}

/** Something went wrong that does not end the scan. */
export interface WarningStep {
  readonly type: 'warning'
  readonly text: string
}

export type ScanStep = HostStep | ActivityStep | WarningStep

/**
 * Looks at everything in the plan. A step is given once, in an order in which `settled` of a host only rises, so that whoever
 * has kept the last step of each host knows where to go on.
 *
 * Leaving the loop or aborting ends all probes and child processes.
 */
export type Scanner = (plan: ScanPlan, signal: AbortSignal) => AsyncGenerator<ScanStep, void, undefined>
