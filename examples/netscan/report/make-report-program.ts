/**
 * Makes the files of a report, as a process of its own: takes what it tells as JSON on its stdin, writes `report.html` and `report.json` into
 * the directory it is given, and prints a line for each step.
 */
import { writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { ReportData } from './report-data.ts'
import { drawReport } from './report-page.ts'

process.stdout.on('error', () => process.exit(1))

const [directory = ''] = process.argv.slice(2)
const data = ReportData.parse(JSON.parse(await text(process.stdin)))
process.stdout.write('writing report.html\n')
await writeFile(path.join(directory, 'report.html'), drawReport(data))
process.stdout.write('writing report.json\n')
await writeFile(path.join(directory, 'report.json'), `${JSON.stringify(data, undefined, 2)}\n`)
