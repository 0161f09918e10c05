/**
 * Reads what `nmap -oX -` prints, while it prints it.
 *
 * Of the format (nmap.dtd, version 1.05) these elements are used: `host` with `status`, `address` and `ports/port` (each with
 * `state` and `service`), `taskprogress`, `target` for one that was skipped, and `finished`. A host stands whole in the text,
 * with only its interesting ports; of the rest there is a count.
 */
import { SaxesParser } from 'saxes'
import type { OpenPort } from './scanner.ts'

export interface NmapHost {
  readonly type: 'host'
  readonly address: string
  readonly status: 'up' | 'down'
  readonly reason: string
  readonly open: readonly OpenPort[]
}

export interface NmapProgress {
  readonly type: 'progress'
  readonly task: string
  readonly percent: number
}

export interface NmapSkipped {
  readonly type: 'skipped'
  readonly address: string
  readonly reason: string
}

/** The last word of a run that was not cut short. */
export interface NmapFinished {
  readonly type: 'finished'
  readonly summary: string
  /** Why nmap gave up, when it did. */
  readonly error: string | undefined
}

export type NmapEvent = NmapHost | NmapProgress | NmapSkipped | NmapFinished

type Attributes = Readonly<Record<string, string | undefined>>

interface HostInProgress {
  address: string
  status: 'up' | 'down'
  reason: string
  open: OpenPort[]
}

interface PortInProgress {
  port: number
  isOpen: boolean
  service: string
  product: string
}

export class NmapReader {
  readonly #parser = new SaxesParser()
  readonly #events: NmapEvent[] = []
  #host: HostInProgress | undefined
  #port: PortInProgress | undefined

  constructor() {
    this.#parser.on('opentag', ({ name, attributes }) => this.#open(name, attributes))
    this.#parser.on('closetag', ({ name }) => this.#close(name))
    this.#parser.on('error', (error) => {
      throw new Error(`nmap printed what is no XML: ${error.message}`, { cause: error })
    })
  }

  /**
   * Takes the next piece of text, cut anywhere, and gives what became complete with it.
   *
   * @throws Error when the text is not XML
   */
  read(text: string): NmapEvent[] {
    this.#parser.write(text)
    return this.#events.splice(0)
  }

  #open(name: string, attributes: Attributes): void {
    if (name === 'host') this.#host = { address: '', status: 'down', reason: '', open: [] }
    else if (name === 'taskprogress') this.#events.push(readProgress(attributes))
    else if (name === 'target') this.#events.push(readSkipped(attributes))
    else if (name === 'finished') this.#events.push(readFinished(attributes))
    else if (this.#host) this.#openInHost(this.#host, name, attributes)
  }

  #openInHost(host: HostInProgress, name: string, attributes: Attributes): void {
    if (name === 'status') {
      host.status = attributes['state'] === 'up' ? 'up' : 'down'
      host.reason = attributes['reason'] ?? ''
    } else if (name === 'address' && attributes['addrtype'] !== 'mac') {
      host.address = attributes['addr'] ?? ''
    } else if (name === 'port') {
      this.#port = { port: Number(attributes['portid']), isOpen: false, service: '', product: '' }
    } else if (name === 'state' && this.#port) {
      this.#port.isOpen = attributes['state'] === 'open'
    } else if (name === 'service' && this.#port) {
      this.#port.service = readService(attributes)
      this.#port.product = readProduct(attributes)
    }
  }

  #close(name: string): void {
    if (name === 'port' && this.#port) {
      const { isOpen, ...port } = this.#port
      if (isOpen && Number.isInteger(port.port)) this.#host?.open.push(port)
      this.#port = undefined
    } else if (name === 'host' && this.#host) {
      if (this.#host.address !== '') this.#events.push({ type: 'host', ...this.#host })
      this.#host = undefined
    }
  }
}

function readProgress(attributes: Attributes): NmapProgress {
  return { type: 'progress', task: attributes['task'] ?? '', percent: Number(attributes['percent']) || 0 }
}

function readSkipped(attributes: Attributes): NmapSkipped {
  return { type: 'skipped', address: attributes['specification'] ?? '', reason: attributes['reason'] ?? '' }
}

function readFinished(attributes: Attributes): NmapFinished {
  const error = attributes['exit'] === 'success' ? undefined : (attributes['errormsg'] ?? 'no reason given')
  return { type: 'finished', summary: attributes['summary'] ?? '', error }
}

/** nmap names ports it has no name for `unknown`; that is no name. */
function readService(attributes: Attributes): string {
  const name = attributes['name'] ?? ''
  if (name === 'unknown') return ''
  return attributes['tunnel'] === 'ssl' ? `${name} over TLS` : name
}

function readProduct(attributes: Attributes): string {
  return [attributes['product'], attributes['version'], attributes['extrainfo'] && `(${attributes['extrainfo']})`].filter(Boolean).join(' ')
}
