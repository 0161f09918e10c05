import { type ESTree, parseSync } from 'vite'
import type { ErrorTraits } from '../../src/base/error-codes.ts'
import { misuse, unknownOption } from '../../src/base/misuse.ts'

/** One group of codes, under the comment that heads it in the table's source. */
interface Section {
  readonly title: string
  readonly codes: { readonly code: string; readonly facts: string }[]
}

/** A table as it is written down: the source gives the order, the groups and the facts, which exist as types only. */
interface Table<Row> {
  readonly source: string
  /** By code. */
  readonly rows: Readonly<Record<string, Row>>
}

/**
 * `docs/errors.md` from the tables of errors.
 *
 * @param store of `src/base/error-codes.ts`
 * @param replica of `src/client/error-codes.ts`, with what to do about each
 */
export function renderErrors(store: Table<ErrorTraits>, replica: Table<string>): string {
  const sections = readSections(store, 'ErrorDetails')
  const ofReplica = readSections(replica, 'ReplicaErrorDetails')
  return [
    intro,
    ...sections.map((section) => renderSection(section, store.rows)),
    ...ofReplica.map((section) => renderReplicaSection(section, replica.rows)),
  ].join('\n')
}

const intro = `# Errors

Every error Holdfast raises on purpose is a \`HoldfastError\` with a stable \`code\`, the facts in \`details\`, and a message that ends with what to do; the one of \`ACTION_REFUSED\` is
the program's own, as it was given to \`refuseAction\`.
\`isHoldfastError(error, code)\` narrows it.

Misuse that the types already refuse is a \`TypeError\` or \`RangeError\` with the code \`OPTION_INVALID\`. Its message says what was expected, and no more:

    ${misuse('timeoutMs', 'an integer ≥ 0', '5s').message}
    ${unknownOption('openStore', 'durabilty', ['durability']).message}

*Retry* says that the same call may succeed later without a change by the caller. *HTTP* is the status a server answers with, *exit* the exit code of the \`holdfast\` command.

This page is generated from \`src/base/error-codes.ts\` and \`src/client/error-codes.ts\` by \`npm run errors\`.
`

function renderSection({ title, codes }: Section, traits: Readonly<Record<string, ErrorTraits>>): string {
  const rows = codes.map(({ code, facts }) => {
    const { retryable, httpStatus, exitCode, remedy } = rowOf(traits, code)
    return `| \`${code}\` | ${cell(facts)} | ${retryable ? 'yes' : 'no'} | ${httpStatus} | ${exitCode} | ${cell(remedy)} |`
  })
  return [`## ${title}`, '', '| code | details | retry | HTTP | exit | what to do |', '|---|---|---|---|---|---|', ...rows, ''].join('\n')
}

/** A replica is no server and no command: no status and no exit code. */
function renderReplicaSection({ title, codes }: Section, remedies: Readonly<Record<string, string>>): string {
  const rows = codes.map(({ code, facts }) => `| \`${code}\` | ${cell(facts)} | ${cell(rowOf(remedies, code))} |`)
  return [`## ${title}`, '', replicaIntro, '', '| code | details | what to do |', '|---|---|---|', ...rows, ''].join('\n')
}

const replicaIntro = `Errors of \`holdfast/client\` are \`ReplicaError\`s, which \`isHoldfastError\` knows as well. Those of the server keep their codes; these are the replica's own.`

function rowOf<Row>(rows: Readonly<Record<string, Row>>, code: string): Row {
  const row = rows[code]
  if (row === undefined) throw new Error(`The table lacks ${code}`)
  return row
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** Reads an interface: each member a code, each line comment inside it the title of a group. */
function readSections({ source, rows }: Table<unknown>, name: string): Section[] {
  const { program, comments } = parseSync('error-codes.ts', source)
  const body = program.body.map((statement) => findInterface(statement, name)).find((found) => found !== undefined)
  if (body === undefined) throw new Error(`The source declares no interface ${name}`)

  const sections: Section[] = [{ title: 'General', codes: [] }]
  let from = body.start
  for (const member of body.body) {
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier' || !member.typeAnnotation) continue
    const head = comments.findLast((comment) => comment.type === 'Line' && comment.start >= from && comment.end <= member.start)
    if (head !== undefined) sections.push({ title: head.value.trim(), codes: [] })
    const { start, end } = member.typeAnnotation.typeAnnotation
    sections.at(-1)?.codes.push({ code: member.key.name, facts: renderFacts(source.slice(start, end)) })
    from = member.end
  }
  const documented = new Set(sections.flatMap((section) => section.codes.map(({ code }) => code)))
  const undocumented = Object.keys(rows).filter((code) => !documented.has(code))
  if (undocumented.length > 0) throw new Error(`${name} lacks ${undocumented.join(', ')}`)
  return sections.filter((section) => section.codes.length > 0)
}

function findInterface(statement: ESTree.Statement, name: string): ESTree.TSInterfaceBody | undefined {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : null
  return declaration?.type === 'TSInterfaceDeclaration' && declaration.id.name === name ? declaration.body : undefined
}

/** `{ readonly kind: string; readonly key?: string }` as `kind: string`, `key?: string`; a dash for none. */
function renderFacts(type: string): string {
  if (type === 'Record<never, never>') return '–'
  const facts = type.replace(/^\{\s*|\s*\}$/g, '').replaceAll('readonly ', '')
  return splitOutside(facts)
    .map((fact) => `\`${fact}\``)
    .join(', ')
}

/** Splits at `;` and line ends that are not inside brackets. */
function splitOutside(text: string): string[] {
  let depth = 0
  const parts = ['']
  for (const character of text) {
    if ('{[('.includes(character)) depth++
    if ('}])'.includes(character)) depth--
    if (depth === 0 && /[;\n]/.test(character)) parts.push('')
    else parts.push(`${parts.pop() ?? ''}${character}`)
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
