/** Heads of requests that go wrong in few places or in many, so that each check of the gate is reached. */
import fc from 'fast-check'

export interface RawHead {
  readonly method: string
  readonly target: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
}

/** What a server knows, and heads can hold rightly or nearly so. */
export interface Known {
  readonly port: number
  readonly cookieName: string
  /** Name and value, of somebody who may. */
  readonly cookie: string
  readonly token: string
}

export function mangledHeads({ port, cookieName, cookie, token }: Known): fc.Arbitrary<RawHead> {
  const authority = `127.0.0.1:${port}`
  const words = [
    authority,
    'localhost',
    ':',
    String(port),
    '[::1]',
    '[',
    ']',
    '@',
    '//',
    '\\',
    '.',
    'http://',
    'https://dashboard.example',
    'null',
    '%',
    '%00',
    '?',
    '#',
    '&token=',
    '=',
  ]
  const cookieWords = [cookie, cookieName, token, ';', ' ', 'v1.', '\0', '\u00ff', '\ud800', '\u212a', '__proto__', 'x'.repeat(9000)]
  const mangled = fc
    .array(fc.oneof(fc.constantFrom(...words, ...cookieWords), fc.string({ maxLength: 4 })), { maxLength: 6 })
    .map((parts) => parts.join(''))
  const anything = fc.oneof(mangled, fc.string(), fc.string({ unit: 'binary' }), fc.constant(''))
  const likely = <Value>(good: Value, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: other })
  const parts = fc.record({
    host: likely<readonly string[]>([authority], fc.array(anything, { maxLength: 2 })),
    origin: likely<readonly string[]>([], fc.array(fc.oneof(anything, fc.constant('https://dashboard.example')), { maxLength: 2 })),
    cookie: likely<readonly string[]>([cookie], fc.array(anything, { maxLength: 3 })),
    authorization: likely<readonly string[]>(
      [],
      fc.array(
        anything.map((text) => `Bearer ${text}`),
        { maxLength: 2 },
      ),
    ),
    others: fc.array(
      fc.tuple(
        fc.oneof(anything, fc.constantFrom('sec-fetch-site', 'sec-fetch-mode', 'upgrade', 'content-type', 'holdfast-request')),
        anything,
      ),
      { maxLength: 2 },
    ),
    target: likely(
      '/state/feed',
      fc.oneof(
        anything,
        anything.map((text) => `/${text}`),
      ),
    ),
    method: likely('GET', fc.oneof(fc.constantFrom('POST', 'HEAD', 'OPTIONS'), anything)),
  })
  return parts.map(({ method, target, others, ...listed }) => {
    const rawHeaders = Object.entries(listed).flatMap(([header, values]) => values.flatMap((value) => [header, value]))
    return { method, target, rawHeaders: [...rawHeaders, ...others.flat()] }
  })
}
