/**
 * A file system whose power can be cut: ext4 in a file, on a loop device.
 *
 * The shutdown ioctl with NOLOGFLUSH stops it at once: what is in the page cache and in the running journal transaction is gone,
 * as after a loss of power. It does not tear sectors, and the loop device has no cache of its own that could lie.
 *
 * @see linux/fs/ext4/ioctl.c, EXT4_IOC_SHUTDOWN
 */
import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const imageBytes = 384 * 1024 * 1024

/**
 * EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, in either of two languages that Debian comes with. Prints the time right
 * before, in seconds of the clock that `monotonicMs` in pipe.ts reads.
 */
const shutdowns: readonly { readonly command: string; readonly imports: string; readonly script: string }[] = [
  {
    command: 'perl',
    imports: 'use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);',
    script: `sysopen(my $d, $ARGV[0], 0) or die $!; my $flag = pack("I", 2); my $now = clock_gettime(CLOCK_MONOTONIC);
             ioctl($d, 0x8004587d, $flag) or die $!; print $now`,
  },
  {
    command: 'python3',
    imports: 'import fcntl, os, struct, sys, time;',
    script: `d = os.open(sys.argv[1], os.O_RDONLY); now = time.monotonic(); fcntl.ioctl(d, 0x8004587d, struct.pack("I", 2)); print(now)`,
  },
]

/** Why this machine cannot cut the power of a file system; undefined when it can. */
export function findObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'power cuts need Linux'
  if (process.getuid?.() !== 0) return 'power cuts need root'
  for (const command of ['mkfs.ext4', 'losetup', 'mount', 'umount', 'unshare']) {
    if (spawnSync(command, ['--version']).error !== undefined) return `${command} is missing`
  }
  if (findShutdown() === undefined) return 'perl and python3 are both missing'
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'this container may not mount'
  return undefined
}

function findShutdown(): (typeof shutdowns)[number] | undefined {
  return shutdowns.find(({ command, imports }) => spawnSync(command, [flagOf(command), imports]).status === 0)
}

function flagOf(command: string): string {
  return command === 'perl' ? '-e' : '-c'
}

export class Ext4Image {
  /** Where it is mounted. */
  readonly mountPoint: string
  readonly #file: string
  readonly #shutdown = findShutdown()
  #isMounted = false

  /** @param backing directory for the image; on a tmpfs it is quick @param directory for the mount point */
  constructor(backing: string, directory: string) {
    this.#file = join(backing, 'image.ext4')
    this.mountPoint = join(directory, 'mounted')
    mkdirSync(this.mountPoint, { recursive: true })
  }

  /** An empty file system, mounted. */
  format(): void {
    this.unmount()
    const descriptor = openSync(this.#file, 'w')
    ftruncateSync(descriptor, imageBytes)
    closeSync(descriptor)
    run('mkfs.ext4', '-q', '-F', this.#file)
    this.#mount()
  }

  /**
   * Power is gone. Processes that had files open meet errors from now on, or SIGBUS.
   *
   * @returns when, ms of `monotonicMs`: what a process was told before is true. A sync that was under way at that moment may
   * return without an error although it did nothing (the kernel drops what it was to write); with real power it never returns.
   */
  cut(): number {
    const { command, imports, script } = this.#shutdown ?? { command: 'false', imports: '', script: '' }
    return Number(run(command, flagOf(command), imports + script, this.mountPoint)) * 1000
  }

  /** Power is back. Nothing may have a file open any more. */
  async restore(): Promise<void> {
    for (let tries = 0; this.#isMounted; tries += 1) {
      if (spawnSync('umount', [this.mountPoint]).status === 0) this.#isMounted = false
      else if (tries > 100) throw new Error(`${this.mountPoint} stays busy`)
      else await pause(20)
    }
    this.#mount()
  }

  unmount(): void {
    if (this.#isMounted && spawnSync('umount', [this.mountPoint]).status !== 0) run('umount', '--lazy', this.mountPoint)
    this.#isMounted = false
  }

  remove(): void {
    this.unmount()
    rmSync(this.#file, { force: true })
  }

  #mount(): void {
    run('mount', '-o', 'loop', this.#file, this.mountPoint)
    this.#isMounted = true
  }
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return stdout
}
