import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'
import { parsePorts } from './scan/ports.ts'
import { UsageError } from './usage-error.ts'

test('nothing said: a scan into .netscan and the page, everything else left open', () => {
  expect(readArguments([])).toEqual({
    mode: 'serve',
    port: undefined,
    directory: '.netscan',
    target: undefined,
    ports: undefined,
    scanner: undefined,
    versions: false,
    transport: 'auto',
  })
})

test('every option is read', () => {
  const args = [
    '--directory',
    'd',
    '--target',
    '10.0.0.1',
    '--ports=22,80',
    '--scanner',
    'connect',
    '--versions',
    '--follow',
    '--transport',
    'socket.io',
  ]
  expect(readArguments(args)).toEqual({
    mode: 'follow',
    directory: 'd',
    target: '10.0.0.1',
    ports: '22,80',
    scanner: 'connect',
    versions: true,
    transport: 'socket.io',
  })
  for (const mode of ['once', 'cancel', 'report']) expect(readArguments([`--${mode}`]).mode).toBe(mode)
  expect(readArguments(['--follow', '--help']).mode).toBe('help')
})

test('ports have two names', () => {
  expect(parsePorts(readArguments(['--ports', 'all']).ports ?? '')).toHaveLength(65_535)
  expect(parsePorts(readArguments(['--ports', 'usual']).ports ?? '')).toContain(22)
})

test.each([
  [['--prots', '22'], "Unknown option '--prots'. See --help."],
  [['22'], 'Unexpected argument'],
  [['--target'], "Option '--target <value>' argument missing. See --help."],
  [['--follow=yes'], 'does not take an argument'],
  [['--follow', '--once'], 'use one of them'],
  [['--ports', '0'], 'ports go from 1 to 65535'],
  [['--scanner', 'zmap'], 'There is no scanner named "zmap"'],
  [['--transport', 'smoke'], 'There is no transport named "smoke": use one of auto, sse,'],
  [['--directory', ''], '--directory needs'],
])('%j is answered with a sentence', (args, sentence) => {
  expect(() => readArguments(args)).toThrow(sentence)
  expect(() => readArguments(args)).toThrow(UsageError)
})
