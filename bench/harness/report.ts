/** Figures as lines for programs and as a table for people. */
import type { DriverName } from '../../src/index.ts'
import { type Figure, isReached, type Reach } from './benchmark.ts'

/** One figure as one line of JSON. `limit` is held against `ratio` where there is one that matters, else against `value`. */
export function toJsonLine({ name, unit, value, ratio, reach }: Figure, driver: DriverName): string {
  return JSON.stringify({
    name,
    unit,
    value: round(value),
    limit: reach?.limit ?? null,
    ratio: ratio === undefined ? null : round(ratio),
    driver,
    node: process.version,
  })
}

/** A row of the table; figures without a reach stand indented under the one they belong to. */
export function toRow(figure: Figure): string {
  const { name, unit, value, ratio, cpuRatio, reach, note = '' } = figure
  const label = reach === undefined && name.includes('/') ? `  ${name.slice(name.indexOf('/') + 1)}` : name
  const reached = isReached(figure)
  const verdict = reached === undefined ? '' : reached ? 'pass' : 'FAIL'
  const cells = [
    label.padEnd(34),
    `${show(value)} ${unit}`.padStart(20),
    (ratio === undefined ? '' : `${show(ratio)} ×`).padStart(10),
    (cpuRatio === undefined ? '' : `${show(cpuRatio)} ×`).padStart(10),
    (reach === undefined ? '' : showReach(reach, unit)).padStart(16),
    verdict.padStart(5),
    ` ${note}`,
  ]
  return cells.join(' ').trimEnd()
}

export function tableHead(driver: DriverName): string {
  const columns = ['figure'.padEnd(34), 'value'.padStart(20), 'ratio'.padStart(10), 'by CPU'.padStart(10), 'reach'.padStart(16)].join(' ')
  return `driver ${driver}, Node ${process.version}; ratios are medians of interleaved rounds, of which the CPU's are of this thread alone\n${columns}`
}

function showReach({ of, is, limit }: Reach, unit: string): string {
  return `${is === 'at least' ? '≥' : '≤'} ${limit} ${of === 'ratio' ? '×' : unit}`
}

function show(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
