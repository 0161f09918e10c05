/**
 * An array that gets its elements next, each once. One that grows by them takes room for seventeen at the first; where every commit
 * makes some, that is most of the memory it goes through.
 */
export function sizedArray<Element>(length: number): Element[] {
  // oxlint-disable-next-line unicorn/no-new-array -- the length is what is meant, and Array.from visits every element
  return new Array<Element>(length)
}
