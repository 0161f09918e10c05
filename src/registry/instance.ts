/** What is known of one running program, and its text in the registry. */
import { misuse } from '../base/misuse.ts'
import { checkOptions, integer, text } from '../base/options.ts'

/** What a program says of itself; all but the name may change later. */
export interface InstanceInfo {
  /** What it is, such as the name of a state: one word or a few. */
  readonly name: string
  /** Of the store. A path that is not absolute is of the working directory that the program has then; others see an absolute one. */
  readonly directory?: string | undefined
  /** Port it serves. */
  readonly port?: number | undefined
  /** Address to open; without credentials, query and fragment, because tokens travel there. */
  readonly url?: string | undefined
  /** Versions by what they are of, such as `{ netscan: '2.1.0' }`. */
  readonly versions?: { readonly [of: string]: string } | undefined
}

/** A running program, as others see it. */
export interface Instance extends InstanceInfo {
  /** Random; of this run alone. */
  readonly instance: string
  /** As the program itself sees it, which in a container is not as others do: to be shown, never to be signalled or judged by. */
  readonly pid: number
  /** Milliseconds since 1970, by the clock of the program. */
  readonly startedAt: number
}

const longestText = 1024
const shortText = {
  expected: `a text of 1 to ${longestText} characters`,
  accepts: (given: unknown) => typeof given === 'string' && given !== '' && given.length <= longestText && given.isWellFormed(),
}
const versionsRule = {
  expected: 'an object of at most 32 texts',
  accepts: (given: unknown) =>
    typeof given === 'object' &&
    given !== null &&
    !Array.isArray(given) &&
    Object.keys(given).length <= 32 &&
    Object.values(given).every((version) => shortText.accepts(version)),
}
const infoRules = { name: shortText, directory: shortText, port: integer({ min: 1, max: 65_535 }), url: text(), versions: versionsRule }

/** @throws TypeError · RangeError */
export function checkInfo(info: Partial<InstanceInfo>): void {
  checkOptions('register', info, infoRules)
  if (info.url !== undefined && !isPlainUrl(info.url)) {
    throw misuse('url', 'an http or https address without credentials, query and fragment', 'another text')
  }
}

function isPlainUrl(given: string): boolean {
  const url = URL.parse(given)
  if (url === null || given.length > longestText || !/^https?:$/.test(url.protocol)) return false
  return url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}

export function toText(instance: Instance): string {
  return `${JSON.stringify(instance)}\n`
}

/** The instance of a text, frozen; undefined for any other text. */
export function fromText(text: string, id: string): Instance | undefined {
  try {
    const { instance, pid, startedAt, ...info } = JSON.parse(text) as Instance
    checkInfo(info)
    if (info.name === undefined || instance !== id || !Number.isSafeInteger(pid) || !Number.isFinite(startedAt)) return undefined
    return Object.freeze({ instance, pid, startedAt, ...info, ...(info.versions && { versions: Object.freeze({ ...info.versions }) }) })
  } catch {
    return undefined
  }
}
