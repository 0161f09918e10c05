/** Numbers with the word they count, as in 1 host and 1,204 hosts. */
export function formatCount(number: number, one: string, many = `${one}s`): string {
  return `${formatNumber(number)} ${number === 1 ? one : many}`
}

export function formatNumber(number: number): string {
  return number.toLocaleString('en')
}

/** As in 870 B, 12.4 kB or 1.2 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kB'] : [bytes / 1_000_000, 'MB']
  return `${amount.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`
}
