/** The Node releases Holdfast runs on: the first of each line whose SQLite has the fix for WAL-reset corruption. */
const firstReleases: Readonly<Record<number, readonly [minor: number, patch: number]>> = Object.freeze({ 22: [22, 3], 24: [15, 0] })
const firstOpenLine = 26

/** What an older runtime is told, in one sentence; undefined when `version` (such as `24.15.0`) is new enough. */
export function findRuntimeProblem(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  if (major >= firstOpenLine) return undefined
  const first = firstReleases[major]
  if (first !== undefined && (minor > first[0] || (minor === first[0] && patch >= first[1]))) return undefined
  return `Holdfast needs Node 22.22.3, 24.15 or 26, or newer, and this is Node ${version}.`
}
