import * as fs from 'node:fs'
import * as os from 'node:os'

/**
 * Names the boot of this machine: equal while it runs, different after power was lost.
 *
 * On Linux the kernel's own; elsewhere the minute it booted, which a clock set in between makes look like another boot. That
 * errs to the safe side: replicas reset once too often.
 */
export function readBootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `boot-${Math.round((Date.now() / 1000 - os.uptime()) / 60)}`
  }
}
