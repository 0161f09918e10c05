/** Times and spans as people read them. */

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const full = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'medium', hourCycle: 'h23' })

/** Local time of day, as in 14:03:09. */
export function formatClock(at: number): string {
  return clock.format(at)
}

/** As in 27 Nov. */
export function formatDay(at: number): string {
  return day
    .formatToParts(at)
    .filter(isDayOrMonth)
    .toReversed()
    .map((part) => part.value)
    .join(' ')
}

function isDayOrMonth({ type }: Intl.DateTimeFormatPart): boolean {
  return type === 'day' || type === 'month'
}

/** Everything there is to say, for whoever points at it. */
export function formatFully(at: number): string {
  return full.format(at)
}

/** The time of day for today, else the day. */
export function formatMoment(at: number, now: number): string {
  return isSameDay(at, now) ? formatClock(at) : formatDay(at)
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}

/** As in 42 s, 3 min 20 s or 2 h 5 min; never negative, since the clocks of two machines may differ. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
