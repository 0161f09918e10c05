/** What there is to know of the file system a directory is on. */
import { accessSync, constants, statfsSync } from 'node:fs'

/**
 * File systems on which SQLite's locks or shared memory do not hold, by the magic number statfs(2) gives on Linux. From linux/magic.h and
 * the file systems' own sources; what is not listed is taken for local.
 */
const unsafeFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x00c36400, 'Ceph'],
  [0x47504653, 'GPFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x20030528, 'PVFS2'],
  [0x61636673, 'ACFS'],
  [0x19830326, 'BeeGFS'],
  [0xaad7aaea, 'PanFS'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0xbacbacbc, 'VMware shared folder'],
])

/** The name of an unsafe file system, or undefined. 32 bits are compared: some platforms give the number signed. */
export function unsafeFileSystem(type: number): string | undefined {
  return unsafeFileSystems.get(type >>> 0)
}

/** The magic number of the file system `directory` is on; 0, which no file system has, where the platform does not say. */
export function readFileSystemType(directory: string): number {
  return process.platform === 'linux' ? statfsSync(directory).type : 0
}

/** With less than this, a disk counts as full: the next commits will not fit. */
const fullBytes = 1024 * 1024

/** Why nothing can be written in `directory`, in one sentence; undefined where nothing speaks against it. Opens nothing. */
export function whyUnwritable(directory: string): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory)
    const free = bavail * bsize
    if (free < fullBytes) return `The disk of ${directory} is full: ${Math.floor(free / 1024)} KiB are left.`
    accessSync(directory, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return `${directory} cannot be written: ${(error as Error).message}.`
  }
}
