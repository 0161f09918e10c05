/** `T` as it is read from a store: readonly all the way down (rule R2). Accepts what is written, too. */
export type Frozen<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T
