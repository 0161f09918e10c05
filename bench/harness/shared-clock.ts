/** Milliseconds on the clock that all processes of this machine share: the system's monotonic one. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
