/** Numbers with the word they count, as in 1 host and 1,204 hosts. */
export function formatCount(number: number, one: string, many = `${one}s`): string {
  return `${formatNumber(number)} ${number === 1 ? one : many}`
}

export function formatNumber(number: number): string {
  return number.toLocaleString('en')
}
