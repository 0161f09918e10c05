/** Floors, portability, packages and file-system access: what one file's imports may reach. */
import { fileOpeners, fileWatchers, type Folder, folders, harmlessFileCalls, packages } from './floors.ts'
import type { Import, SourceModule } from './source-module.ts'

/** Complaints about one file's imports, as `path:line …`. */
export function checkImports(module: SourceModule): string[] {
  const inSource = module.path.startsWith('src/')
  return module.imports.flatMap((found) => {
    const complaint = inSource ? checkSourceImport(module.path, found) : checkOutsideImport(module.path, found)
    return complaint === undefined ? [] : [`${module.path}:${found.line} ${complaint}`]
  })
}

/** The folder of the table that holds a path; `entry` for files directly in `src/`. */
export function folderOf(path: string): Folder | 'entry' | undefined {
  const below = path.slice('src/'.length)
  if (!below.includes('/')) return 'entry'
  return folders.find((folder) => below.startsWith(`${folder.path}/`))
}

const isTest = (path: string): boolean => /\.test(-d)?\.ts$/.test(path)

function checkSourceImport(path: string, found: Import): string | undefined {
  const from = folderOf(path)
  if (from === undefined) return 'is in a folder that the table of floors does not know'
  if (found.target !== undefined) return checkFloors(path, from, found.target)
  return isTest(path) ? undefined : checkPackage(path, from, found)
}

function checkFloors(path: string, from: Folder | 'entry', target: string): string | undefined {
  if (!target.startsWith('src/')) return isTest(path) ? undefined : `imports ${target}, which is outside src/`
  const to = folderOf(target)
  if (to === undefined) return `imports ${target}, in a folder that the table of floors does not know`
  if (to === 'entry') return from === 'entry' && isTest(path) ? undefined : `imports the entry point ${target}`
  if (from === 'entry' || from === to) return undefined
  if (from.only !== undefined) return from.only.includes(to.path) ? undefined : `(${from.path}) may not import ${target}`
  if (to.only !== undefined) return `imports ${target}, which belongs to the other side of the network`
  if (to.floor < from.floor) return undefined
  return `(${from.path}, floor ${from.floor}) imports ${target} (${to.path}, floor ${to.floor}): imports only go down`
}

function checkPackage(path: string, from: Folder | 'entry', found: Import): string | undefined {
  const { specifier } = found
  if (/^(node:)?fs(\/|$)/.test(specifier)) return checkFileSystem(path, from, found)
  if (specifier.startsWith('node:')) {
    return from !== 'entry' && from.portable ? `imports ${specifier}, but ${from.path} runs in browsers too` : undefined
  }
  const isAllowed = from !== 'entry' && packages[specifier]?.includes(from.path)
  return isAllowed ? undefined : `imports the package ${specifier}; the library has no dependencies`
}

function checkFileSystem(path: string, from: Folder | 'entry', { specifier, names }: Import): string | undefined {
  if (specifier !== 'node:fs') return `imports ${specifier}; the file system is used as node:fs`
  if (from === 'entry' || !fileWatchers.includes(from.path)) return `imports ${specifier}, but its folder leaves files to sqlite`
  const openers = names.filter((name) => !harmlessFileCalls.has(name))
  if (openers.length === 0 || fileOpeners[path] !== undefined) return undefined
  return `imports ${openers.join(', ')} of node:fs, but is not listed in fileOpeners (D6: nothing may open store.db or -shm)`
}

/** Examples show what users can do, so they use the public entry points only. */
function checkOutsideImport(path: string, { target }: Import): string | undefined {
  if (!/^(examples|studio)\//.test(path) || target === undefined || !target.startsWith('src/')) return undefined
  return folderOf(target) === 'entry' ? undefined : `imports ${target}; examples use the public entry points only`
}
