/** One parsed source file: what it imports, and its top level. */
import { posix } from 'node:path'
import { parseSync, Visitor, type ESTree } from 'vite'

export interface SourceModule {
  /** From the project's root, with `/`. */
  readonly path: string
  readonly lineCount: number
  readonly imports: readonly Import[]
  readonly body: ESTree.Program['body']
  lineOf(offset: number): number
}

export interface Import {
  /** As written: `node:fs`, `zod`, `../base/error.ts`. */
  readonly specifier: string
  /** From the project's root, when the specifier is relative. */
  readonly target?: string
  /** What is taken by name; `*` for the whole module. Types alone are left out. */
  readonly names: readonly string[]
  readonly line: number
}

/** Parses one TypeScript file; every form of import counts: static, `import type`, re-export, `import()` and `import('x').T`. */
export function parseModule(path: string, text: string): SourceModule {
  const { program, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length
  const found = readImports(program).map(({ specifier, names, start }): Import => {
    const target = specifier.startsWith('.') ? { target: posix.join(posix.dirname(path), specifier) } : {}
    return { specifier, names, line: lineOf(start), ...target }
  })
  return { path, lineCount: text.trimEnd().split('\n').length, imports: found, body: program.body, lineOf }
}

interface Found {
  readonly specifier: string
  readonly names: readonly string[]
  readonly start: number
}

function readImports(program: ESTree.Program): Found[] {
  const found: Found[] = []
  const take = (source: ESTree.Expression | null, names: readonly string[]): void => {
    if (source?.type === 'Literal' && typeof source.value === 'string') found.push({ specifier: source.value, names, start: source.start })
  }
  new Visitor({
    ImportDeclaration: (node) => take(node.source, node.importKind === 'type' ? [] : node.specifiers.flatMap(nameOf)),
    ExportAllDeclaration: (node) => take(node.source, ['*']),
    ExportNamedDeclaration: (node) => take(node.source, ['*']),
    ImportExpression: (node) => take(node.source, ['*']),
    TSImportType: (node) => take(node.source, []),
  }).visit(program)
  return found
}

function nameOf(specifier: ESTree.ImportDeclarationSpecifier): string[] {
  if (specifier.type !== 'ImportSpecifier') return ['*']
  if (specifier.importKind === 'type') return []
  return [specifier.imported.type === 'Identifier' ? specifier.imported.name : specifier.imported.value]
}
