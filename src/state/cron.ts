/** Cron expressions. The parsing is croner's; this is all of it that Holdfast uses. */
import { Cron } from 'croner'
import { misuse } from '../base/misuse.ts'

/** The times of a cron expression. */
export interface CronTimes {
  /** The first time after `afterMs`, both in milliseconds since 1970; undefined when there is none. */
  next(afterMs: number): number | undefined
}

/**
 * Reads an expression of five fields (minute, hour, day of month, month, day of week) or of six, the first being seconds.
 *
 * @param timeZone an IANA name; the zone of the machine when not given
 * @throws TypeError for an expression or a zone that is none, or one that never comes
 */
export function readCron(expression: string, timeZone: string | undefined): CronTimes {
  const cron = parse(expression, timeZone)
  const times: CronTimes = { next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() }
  if (times.next(0) === undefined) throw misuse('cron', 'an expression that comes some time', expression)
  return times
}

function parse(expression: string, timeZone: string | undefined): Cron {
  let cron: Cron
  try {
    cron = new Cron(expression, { paused: true })
  } catch {
    throw misuse('cron', 'a cron expression of five or six fields, such as "0 3 * * *"', expression)
  }
  if (timeZone === undefined) return cron
  try {
    const zoned = new Cron(expression, { paused: true, timezone: timeZone })
    zoned.nextRun(new Date(0))
    return zoned
  } catch {
    throw misuse('timeZone', 'the IANA name of a time zone, such as "Europe/Berlin"', timeZone)
  }
}
