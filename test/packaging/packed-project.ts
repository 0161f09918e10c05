/** The package as users get it: built, packed, and installed into an empty project. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../scripts/list-files.ts'

export interface PackedProject {
  readonly tarball: string
  /** Paths in the tarball, in order. */
  readonly contents: readonly string[]
  /** A project with `node_modules/holdfast` and nothing else. */
  readonly directory: string
  /** Makes a package of this repository's development dependencies available to the project. */
  link(packageName: string): void
  write(path: string, text: string): string
  remove(): void
}

/** Builds into a directory of its own, so a `dist` that someone is using stays as it is. Needs no network. */
export function packProject(): PackedProject {
  const root = mkdtempSync(join(tmpdir(), 'pack-'))
  try {
    return install(root, pack(root))
  } catch (error) {
    rmSync(root, { recursive: true })
    throw error
  }
}

function pack(root: string): PackedFile {
  const staging = join(root, 'staging')
  mkdirSync(staging)
  const { files } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { readonly files: readonly string[] }
  const written = files.filter((name) => name !== 'dist')
  for (const name of ['package.json', 'README.md', 'LICENSE', ...written])
    cpSync(join(projectRoot, name), join(staging, name), { recursive: true })
  build(join(staging, 'dist'))
  const packed = JSON.parse(npm(staging, 'pack', '--json', '--pack-destination', root)) as PackReport
  const [report] = Array.isArray(packed) ? packed : Object.values(packed)
  if (report === undefined) throw new Error('npm pack reported nothing')
  return report
}

function install(root: string, packed: PackedFile): PackedProject {
  const directory = join(root, 'project')
  const tarball = join(root, packed.filename)
  mkdirSync(directory)
  writeFileSync(join(directory, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
  npm(directory, 'install', '--offline', '--no-audit', '--no-fund', tarball)
  return {
    tarball,
    directory,
    contents: packed.files.map((file) => file.path).toSorted(),
    link: (name) => {
      const place = join(directory, 'node_modules', name)
      if (!existsSync(place)) symlinkSync(join(projectRoot, 'node_modules', name), place, 'junction')
    },
    write: (path, text) => {
      writeFileSync(join(directory, path), text)
      return join(directory, path)
    },
    remove: () => rmSync(root, { recursive: true }),
  }
}

interface PackedFile {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** npm 11 answers with an array, npm 12 with an object by package name. */
type PackReport = PackedFile[] | Readonly<Record<string, PackedFile>>

function build(out: string): void {
  const script = join(projectRoot, 'scripts/build/build.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--out', out], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The build failed:\n${stdout}${stderr}`)
}

/** Runs npm without the settings of the npm that may be running the tests, and without scripts. */
function npm(cwd: string, ...args: string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  const isWindows = process.platform === 'win32'
  const options = { cwd, env: { ...env, npm_config_cache: join(cwd, '../npm-cache'), npm_config_update_notifier: 'false' } }
  return execFileSync('npm', [...args, '--ignore-scripts'], {
    ...options,
    encoding: 'utf8',
    shell: isWindows,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
