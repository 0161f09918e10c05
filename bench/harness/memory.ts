/** The memory of this process, by Linux's own count; other systems have no peak to read. */
import { readFileSync, writeFileSync } from 'node:fs'

export const canReadPeak: boolean = process.platform === 'linux'

/** Makes the peak begin at what is held now. */
export function resetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5')
}

/** The most that was resident at a time, bytes. */
export function readPeak(): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return Number(kib) * 1024
}
