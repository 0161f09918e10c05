/** What one source file must not be or hold, apart from its imports: a vague name, too many lines, state of its own. */
import { basename } from 'node:path'
import type { ESTree } from 'vite'
import { bannedNames, maxLines } from './floors.ts'
import type { SourceModule } from './source-module.ts'

/** Complaints about the file's name, length and module-level state. */
export function checkModule(module: SourceModule): string[] {
  const complaints = checkName(module.path)
  if (module.lineCount > maxLines) complaints.push(`${module.path} has ${module.lineCount} lines; split it at ${maxLines}`)
  for (const statement of module.body) {
    const state = findMutableState(statement)
    if (state !== undefined) complaints.push(`${module.path}:${module.lineOf(statement.start)} keeps module-level state: ${state}`)
  }
  return complaints
}

function checkName(path: string): string[] {
  const complaints: string[] = []
  const stems = path.split('/').map((part) => part.replace(/\..*$/, ''))
  const banned = stems.find((stem) => bannedNames.includes(stem))
  if (banned !== undefined) complaints.push(`${path} is named "${banned}", which says nothing`)
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.test-d)?\.ts$/.test(basename(path))) complaints.push(`${path} is not named in kebab-case`)
  if (/^src\/.+\/index\.ts$/.test(path)) complaints.push(`${path} is an inner index.ts`)
  return complaints
}

/** `let`, `var`, an empty container (made only to be filled), or a static field that may be assigned. */
function findMutableState(statement: ESTree.Statement): string | undefined {
  const inner = statement.type === 'ExportNamedDeclaration' && statement.declaration ? statement.declaration : statement
  if (inner.type === 'ClassDeclaration') return findMutableStatic(inner)
  if (inner.type !== 'VariableDeclaration' || inner.declare) return undefined
  if (inner.kind === 'let' || inner.kind === 'var') return inner.kind
  return inner.declarations.some(({ init }) => init !== null && isEmptyContainer(init)) ? 'an empty container' : undefined
}

function findMutableStatic(declaration: ESTree.Class): string | undefined {
  const isMutable = (member: ESTree.ClassElement): boolean =>
    member.type === 'PropertyDefinition' && member.static && (!member.readonly || (member.value !== null && isEmptyContainer(member.value)))
  return declaration.body.body.some(isMutable) ? 'a static field that is not readonly' : undefined
}

function isEmptyContainer(init: ESTree.Expression): boolean {
  if (init.type === 'ArrayExpression') return init.elements.length === 0
  if (init.type === 'ObjectExpression') return init.properties.length === 0
  if (init.type !== 'NewExpression' || init.arguments.length > 0) return false
  return init.callee.type === 'Identifier' && /^(Weak)?(Map|Set)$/.test(init.callee.name)
}
