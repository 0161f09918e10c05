/** Headers of caution that every reply has, whatever it says. */

/** A reply may say otherwise about caching, and nothing else: it says so by a header of the same name. */
export const securityHeaders: Readonly<Record<string, string>> = Object.freeze({
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
})
