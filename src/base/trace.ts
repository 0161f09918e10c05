import { describe } from './describe.ts'

/** Causes that are followed, at most; one that is its own cause ends there, too. */
const mostCauses = 8

/**
 * Where an error comes from, for people who read a log: its stack, and those of its causes.
 *
 * Nothing else of it, since its properties may hold what somebody sent.
 */
export function traceOf(error: unknown): string {
  const traces: string[] = []
  for (let at = error; at !== undefined && traces.length <= mostCauses; at = at instanceof Error ? at.cause : undefined) {
    traces.push(at instanceof Error ? (at.stack ?? at.message) : typeof at === 'string' ? at : describe(at))
  }
  return traces.join('\nCaused by: ')
}
