import { expect, test } from 'vitest'
import { headFromFetch, headFromNode } from './request-head.ts'

test('[Z3] every value of a header is seen, by its lower-case name, and hostile names are names like any other', () => {
  const rawHeaders = ['Host', 'a', 'HOST', 'b', '__proto__', 'c', 'constructor', 'd']
  const { headers, method, target } = headFromNode({ method: 'POST', url: '/x?y', rawHeaders })
  expect([method, target]).toEqual(['POST', '/x?y'])
  expect(headers.all('host')).toEqual(['a', 'b'])
  expect(headers.get('host')).toBe('a')
  expect(headers.all('__proto__')).toEqual(['c'])
  expect(headers.get('constructor')).toBe('d')
  expect(headers.get('toString')).toBeUndefined()
  expect(headers.all('toString')).toEqual([])
})

test('[Z3] a request without method, target and headers has a head', () => {
  const { headers, method, target } = headFromNode({ rawHeaders: ['alone'] })
  expect([method, target, headers.get('alone')]).toEqual(['', '', undefined])
})

test('[Z2] the host of a Request is its header, or else that of its URL', () => {
  const bare = headFromFetch(new Request('http://127.0.0.1:4173/state/feed?after=1#2'))
  expect([bare.method, bare.target, bare.headers.all('host')]).toEqual(['GET', '/state/feed?after=1', ['127.0.0.1:4173']])
  const named = headFromFetch(new Request('http://127.0.0.1:4173/', { headers: { host: 'evil.example' } }))
  expect(named.headers.all('host')).toEqual(['evil.example'])
  expect(named.headers.all('cookie')).toEqual([])
})

test('[Z2] duplicates of a Request arrive joined, and match nothing', () => {
  const headers = new Headers({ host: '127.0.0.1:4173' })
  headers.append('host', '127.0.0.1:4173')
  expect(headFromFetch(new Request('http://127.0.0.1:4173/', { headers })).headers.all('host')).toEqual(['127.0.0.1:4173, 127.0.0.1:4173'])
})
