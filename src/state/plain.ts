/** What counts as plain data: arrays and objects of this realm or another, but no instance of a class. */

const objectPrototype: object = Object.prototype
const arrayPrototype: object = Array.prototype

/** True for an object made by `{}`, `Object.create(null)` or JSON.parse, in any realm. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === objectPrototype || prototype === null || isForeignObjectPrototype(prototype as object)
}

/** True for an array made by `[]` or JSON.parse, in any realm; false for an instance of a subclass. */
export function isPlainArray(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // An Array.prototype is itself an array; the prototype of a subclass is not.
  return prototype === arrayPrototype || Array.isArray(prototype)
}

function isForeignObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf') && Object.hasOwn(prototype, '__proto__')
}

/** True when somebody has added a `toJSON` or enumerable properties to the prototypes of all objects or arrays. */
export function isPrototypeTainted(): boolean {
  for (const _ in arrayPrototype) return true
  return 'toJSON' in arrayPrototype
}
