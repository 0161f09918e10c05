import * as crypto from 'node:crypto'
import * as vm from 'node:vm'
import { expect, test } from 'vitest'
import { createSignInPage } from './sign-in-page.ts'

const options = { address: '/state/sign-in', returnPath: '/' }

function insideOf(html: string, element: 'script' | 'style'): string {
  const found = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))].map((match) => match[1] as string)
  expect(found).toHaveLength(1)
  return found[0] as string
}

test('[Z8] the policy allows the script and the style of the page, by their hashes, and nothing else', () => {
  const { html, headers } = createSignInPage(options)
  const hash = (text: string): string => `sha256-${crypto.createHash('sha256').update(text).digest('base64')}`
  expect(headers['content-security-policy']?.split('; ')).toEqual([
    "default-src 'none'",
    `script-src '${hash(insideOf(html, 'script'))}'`,
    `style-src '${hash(insideOf(html, 'style'))}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
  expect(html).not.toMatch(/\son\w+=|\sstyle=|javascript:|https?:/)
})

test('[Z8] a path cannot end the script', () => {
  const { html } = createSignInPage({ ...options, returnPath: '/</script><script>alert(1)</script>' })
  const script = insideOf(html, 'script')
  expect(script).not.toContain('<')
  expect(() => new vm.Script(script)).not.toThrow()
})

test.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', 'x', '/a\nb'])(
  '[Z8] a way back to another server: %j',
  (returnPath) => {
    expect(() => createSignInPage({ ...options, returnPath })).toThrow(/Expected "returnPath" to be a path of this server/)
  },
)

interface Asked {
  readonly address: string
  readonly request: { readonly method: string; readonly headers: Record<string, string>; readonly body: string }
}

/** Just as much of a browser as the script touches, with a server that answers with `status`. */
class Visit {
  readonly asked: Asked[] = []
  readonly listeners = new Map<string, (event: { preventDefault(): void }) => void>()
  readonly elements: Record<string, Record<string, unknown>> = {}
  readonly location = { hash: '', pathname: '/state/sign-in', search: '', replace: (path: string) => void (this.wentTo = path) }
  address = ''
  wentTo = ''

  constructor(hash: string, status: number | undefined) {
    this.location.hash = hash
    for (const id of ['status', 'form', 'code', 'button'])
      this.elements[id] = { hidden: true, value: '', focus: () => {}, addEventListener: this.listen }
    const fetch = (address: string, request: Asked['request']): Promise<unknown> => {
      this.asked.push({ address, request })
      return status === undefined ? Promise.reject(new TypeError('failed')) : Promise.resolve({ ok: status < 300, status })
    }
    const history = {
      replaceState: (_: null, __: string, address: string) => {
        this.address = address
        this.location.hash = ''
      },
    }
    const document = { getElementById: (id: string) => this.elements[id] }
    const world = { addEventListener: this.listen, document, fetch, history, location: this.location }
    vm.runInNewContext(insideOf(createSignInPage(options).html, 'script'), world)
  }

  readonly listen = (event: string, listener: (event: { preventDefault(): void }) => void): void => void this.listeners.set(event, listener)

  /** Lets the promises of the script settle. */
  settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
}

test('[Z8] the page takes the code out of the address, sends it in a body, and goes on', async () => {
  const visit = new Visit('#the-code', 204)
  expect(visit.address).toBe('/state/sign-in')
  await visit.settle()
  expect(visit.asked).toHaveLength(1)
  const { address, request } = visit.asked[0] as Asked
  expect(address).toBe('/state/sign-in')
  expect(request).toMatchObject({ method: 'POST', body: '{"code":"the-code"}', credentials: 'same-origin' })
  expect({ ...request.headers }).toEqual({ 'content-type': 'application/json', 'holdfast-request': '1' })
  expect(visit.wentTo).toBe('/')
})

test.each([
  [401, /wrong, was used before, or is older/],
  [503, /status 503/],
  [undefined, /cannot be reached/],
] as const)('[Z8] refused with %s, the page says so and asks for a code', async (status, message) => {
  const visit = new Visit('#old', status)
  await visit.settle()
  expect(visit.elements['status']).toMatchObject({ textContent: expect.stringMatching(message) as unknown, className: 'bad' })
  expect([visit.elements['form']?.['hidden'], visit.elements['button']?.['disabled'], visit.wentTo]).toEqual([false, false, ''])
})

test('[Z8] without a code the page asks for one, and takes a whole link too', async () => {
  const visit = new Visit('', 204)
  expect([visit.asked, visit.elements['form']?.['hidden']]).toEqual([[], false])
  Object.assign(visit.elements['code'] as object, { value: ' http://127.0.0.1:4173/state/sign-in#typed ' })
  visit.listeners.get('submit')?.({ preventDefault: () => {} })
  await visit.settle()
  expect(visit.asked[0]?.request.body).toBe('{"code":"typed"}')
  expect(visit.wentTo).toBe('/')
})

test('[Z8] a second link in the same tab is taken as well', async () => {
  const visit = new Visit('', 204)
  visit.location.hash = '#second'
  visit.listeners.get('hashchange')?.({ preventDefault: () => {} })
  await visit.settle()
  expect(visit.asked[0]?.request.body).toBe('{"code":"second"}')
})
