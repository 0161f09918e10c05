/** Numbers in words, for log lines, terminals and reports. */

/** As in 1 host and 1,204 hosts. */
export function formatCount(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

/** Whole percent; 100 only when all is done. */
export function percentOf({ done, total }: { readonly done: number; readonly total: number }): number {
  return total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0
}
