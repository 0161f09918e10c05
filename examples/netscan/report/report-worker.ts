/** Makes reports: takes those that are asked for, in whatever process this runs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { Child, describeEnd } from '../child.ts'
import { isHoldfastError, type JobWorker } from '../holdfast.ts'
import type { NetscanStore, NetscanTx, Report, ReportFile } from '../state.ts'
import { thisWorker } from '../worker.ts'
import { collectData } from './collect-data.ts'
import { figuresOf, type ReportData } from './report-data.ts'

/** Reports that are made at once, here. */
const concurrency = 2
const program = path.join(import.meta.dirname, 'make-report-program.ts')
/** Steps of a report: what is to be told is collected, two files are written and kept. */
const total = 4

type ReportContext = Parameters<Parameters<NetscanStore['reports']['work']>[0]>[1]

/** The files could not be made. The message is a sentence for the user. */
class ReportError extends Error {
  override readonly name = 'ReportError'
}

export function workOnReports(store: NetscanStore): JobWorker {
  return store.reports.work((report, context) => new Reporter(store, report, context).make(), { concurrency })
}

/** One attempt to make a report. Its files are kept in the commit that completes it: all of them are there, or none. */
class Reporter {
  readonly #store: NetscanStore
  readonly #report: Report
  readonly #context: ReportContext
  #done = 0

  constructor(store: NetscanStore, report: Report, context: ReportContext) {
    this.#store = store
    this.#report = report
    this.#context = context
  }

  async make(): Promise<{ files: number; bytes: number }> {
    const directory = await mkdtemp(path.join(tmpdir(), 'netscan-report-'))
    try {
      this.#tell('collecting', 'Collecting what the scan has found.')
      const data = collectData(this.#store, this.#report.input.scanId)
      await this.#write(data, directory)
      return await this.#keep(data, directory)
    } catch (error) {
      this.#sayFailed(error)
      throw error
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  async #write(data: ReportData, directory: string): Promise<void> {
    const { spawn, signal } = this.#context
    const child = await Child.start(process.execPath, { spawn, args: [program, directory], input: JSON.stringify(data) })
    child.endInput()
    for await (const line of child.lines()) this.#tell('writing', line)
    const end = await child.end()
    signal.throwIfAborted()
    if (end.code !== 0) throw new ReportError(describeEnd('The report', end))
  }

  async #keep(data: ReportData, directory: string): Promise<{ files: number; bytes: number }> {
    this.#tell('keeping', 'Keeping the files.')
    const stages = formats.map((format) => this.#stage(data, { ...format, file: path.join(directory, `report.${format.format}`) }))
    const staged = await Promise.all(stages)
    const result = { files: staged.length, bytes: staged.reduce((sum, { bytes }) => sum + bytes, 0) }
    const { target } = this.#report.input
    const complete = (tx: NetscanTx): typeof result => {
      for (const file of staged) tx.reportFiles.attach(file)
      tx.console.append({ level: 'info', text: `report of the scan of ${target} made` }, { stream: this.#report.id })
      return result
    }
    try {
      return (await this.#context.commit(complete, { label: 'report made', completes: true })).value
    } finally {
      // Those that are recorded by now stay.
      for (const file of staged) await file.discard()
    }
  }

  #stage(data: ReportData, { format, type, file }: (typeof formats)[number] & { readonly file: string }) {
    const { scanId, target } = this.#report.input
    const { up, open } = figuresOf(data)
    const name = `netscan-${target.replaceAll(/[^\w.-]+/g, '-')}-${new Date(data.madeAt).toISOString().slice(0, 19).replaceAll(':', '')}.${format}`
    const meta = { scanId, target, format, up, open } satisfies ReportFile['meta']
    const links = { job: this.#report.id, record: `scans/${scanId}` }
    return this.#store.reportFiles.stage(file, meta, { name, type, ...links, signal: this.#context.signal })
  }

  #tell(phase: 'collecting' | 'writing' | 'keeping', message: string): void {
    this.#context.progress({ phase, message, done: this.#done, total, worker: thisWorker() })
    this.#done += 1
  }

  #sayFailed(error: unknown): void {
    const isStopped = this.#context.signal.aborted
    const how = isStopped ? 'interrupted: netscan was stopped' : `failed: ${error instanceof Error ? error.message : String(error)}`
    const text = `report of the scan of ${this.#report.input.target} ${how}`
    try {
      this.#context.log({ level: 'warning', text })
    } catch (lost) {
      if (!isHoldfastError(lost, 'LEASE_LOST')) throw lost
    }
  }
}

const formats = [
  { format: 'html', type: 'text/html; charset=utf-8' },
  { format: 'json', type: 'application/json' },
] as const
