/** Temporary directories of one run, and the large stores built in them, each once. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Workspace {
  readonly #root: string = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-bench-')))
  readonly #built = new Map<string, Promise<string>>()
  #count = 0

  /** An empty directory, not yet made: `openStore` makes its own. */
  directory(name: string): string {
    this.#count += 1
    return join(this.#root, `${name}-${this.#count}`)
  }

  /** The directory that `build` has filled, now or earlier in this run. Leave it as it is, or copy it. */
  built(name: string, build: (directory: string) => Promise<void>): Promise<string> {
    const known = this.#built.get(name)
    if (known !== undefined) return known
    const directory = this.directory(name)
    const built = build(directory).then(() => directory)
    this.#built.set(name, built)
    return built
  }

  /** Gives the space of one directory back. */
  discard(directory: string): void {
    rmSync(directory, { recursive: true, force: true })
  }

  dispose(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}
