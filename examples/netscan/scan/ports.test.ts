import { expect, test } from 'vitest'
import { allPorts, parsePorts, usualPorts, usualService } from './ports.ts'

test('ports keep their order and come once', () => {
  expect(parsePorts('443, 80,8000-8003,80,8002')).toEqual([443, 80, 8000, 8001, 8002, 8003])
  expect(parsePorts(allPorts)).toHaveLength(65_535)
})

test('the usual ports are a list like any other, web and ssh first', () => {
  expect(parsePorts(usualPorts).slice(0, 3)).toEqual([80, 443, 22])
  expect([usualService(22), usualService(2)]).toEqual(['ssh', ''])
})

test.each(['', '0', '65536', '80-70', '1-', '-5', 'http', '1,,2', '22;ls', '123456'])('%j is refused with a sentence', (text) => {
  expect(() => parsePorts(text)).toThrow(/is no port or range: ports go from 1 to 65535, as in/)
})
