/** What a scanner is: the same results, step by step, whether nmap finds them or this program itself, each in a child process. */
import { z } from 'zod'
import type { Spawn } from '../child.ts'

/** The scanner itself cannot go on, such as nmap that ends with an error. The message is a sentence for the user. */
export class ScannerError extends Error {
  override readonly name = 'ScannerError'
}

/** What is left to do of a scan. */
export const ScanPlan = z.strictObject({
  /** Hosts in order, each with how many of `ports` are settled already. */
  pending: z.array(z.strictObject({ address: z.string(), settled: z.int().nonnegative() })),
  ports: z.array(z.int()),
  /** Whether to ask open ports what they run; only nmap can. */
  versions: z.boolean(),
})
export type ScanPlan = z.infer<typeof ScanPlan>

const OpenPort = z.strictObject({ port: z.int(), service: z.string(), product: z.string() })
export type OpenPort = z.infer<typeof OpenPort>

/** News of one host: its ports before index `settled` of the plan are settled now. */
export const HostStep = z.strictObject({
  type: z.literal('host'),
  address: z.string(),
  /** A host that is down needs no more steps. */
  status: z.enum(['up', 'down']),
  reason: z.string(),
  settled: z.int().nonnegative(),
  /** The open ports among those settled by this step. */
  open: z.array(OpenPort),
})
export type HostStep = z.infer<typeof HostStep>

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

/** How a scanner starts its child process, and what ends it. */
export interface ScannerRun {
  readonly spawn: Spawn
  readonly signal: AbortSignal
}

/**
 * Looks at everything in the plan. A step is given once, in an order in which `settled` of a host only rises, so that whoever
 * has kept the last step of each host knows where to go on.
 *
 * @throws ScannerError, and the reason of `signal` when it aborts
 */
export type Scanner = (plan: ScanPlan, run: ScannerRun) => AsyncGenerator<ScanStep, void, undefined>
