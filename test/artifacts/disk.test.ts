import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canMount, hasStrace, isRoot } from '../support/privileges.ts'
import { Program } from '../support/program.ts'
import { attach } from '../support/strace.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { ShelfCalls } from './shelf-program.ts'

const shelfProgram = new URL('./shelf-program.ts', import.meta.url)

test.skipIf(!canMount)(
  '[A1] a full disk is DISK_FULL, nothing is left, and a put succeeds when there is space (needs root that may mount)',
  async () => {
    const mountPoint = temporaryDirectory()
    const mount = 'mount -t tmpfs -o mode=0700,size=8m tmpfs "$0" && exec "$@"'
    const program = new Program<ShelfCalls>(shelfProgram, { under: ['unshare', '--mount', 'sh', '-c', mount, mountPoint] })
    const directory = join(mountPoint, 'state')
    await program.call('open', directory)
    const error = await program.call('putBytes', 20_000_000).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'DISK_FULL' })
    expect(await program.call('lookAround', directory)).toEqual({ records: 0, files: 0, temporary: 0 })
    await program.call('putBytes', 1_000_000)
    execFileSync('nsenter', ['--mount', '-t', `${program.pid}`, 'mount', '-o', 'remount,size=64m', mountPoint])
    await program.call('putBytes', 20_000_000)
    expect(await program.call('lookAround', directory)).toEqual({ records: 2, files: 2, temporary: 0 })
    await program.call('close')
  },
)

test.skipIf(!hasStrace || !isRoot)(
  '[A1] bytes are synced, then named, then the name is synced, then the record (needs strace and root)',
  async () => {
    const program = new Program<ShelfCalls>(shelfProgram)
    await program.call('open', temporaryDirectory())
    // Directories are made by the first.
    const { id } = await program.call('putText', 'first')
    const strace = await attach(program.pid, { calls: ['fsync', 'fdatasync', 'link', 'rename'] })
    await program.call('replaceText', id, 'first')
    const lines = await strace.detach()
    // Of a call that another thread comes between strace writes two lines; the second begins otherwise.
    const order = lines.flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? [])
    expect(order.filter((call, at) => call !== order[at - 1])).toEqual(['fsync', 'link', 'rename', 'fsync', 'fdatasync'])
  },
)
