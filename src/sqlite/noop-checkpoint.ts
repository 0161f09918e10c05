/** True for SQLite that answers `PRAGMA wal_checkpoint(NOOP)`: from 3.51 on. Before, the word meant PASSIVE, as any unknown one does. */
export function knowsNoopCheckpoint(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 51)
}
