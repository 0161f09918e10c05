import { expect, test } from 'vitest'
import { UsageError } from '../usage-error.ts'
import { isLoopback, resolveTarget } from './targets.ts'

async function addressesOf(name: string): Promise<readonly string[]> {
  return (await resolveTarget(name)).addresses
}

test('without a name the target is this machine alone', async () => {
  const { addresses, hostNames } = await resolveTarget('loopback')
  expect(addresses[0]).toBe('127.0.0.1')
  expect(addresses.every(isLoopback)).toBe(true)
  expect(hostNames).toEqual(['localhost'])
})

test('a single address is itself', async () => {
  expect(await addressesOf('10.0.0.7')).toEqual(['10.0.0.7'])
  expect(await addressesOf('fd00::2')).toEqual(['fd00::2'])
})

test('a block is every address in it, whichever of them names it', async () => {
  expect(await addressesOf('10.0.0.6/30')).toEqual(['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7'])
  expect(await addressesOf('10.1.2.3/32')).toEqual(['10.1.2.3'])
  expect((await addressesOf('192.168.1.0/24')).at(-1)).toBe('192.168.1.255')
  expect(await addressesOf('fd00::ffff/127')).toEqual(['fd00::fffe', 'fd00::ffff'])
  expect(await addressesOf('fd00:0:0:1::8/127')).toEqual(['fd00:0:0:1::8', 'fd00:0:0:1::9'])
  expect(await addressesOf('1::/128')).toEqual(['1::'])
})

test('a name is looked up and kept', async () => {
  const { addresses, hostNames } = await resolveTarget('localhost')
  expect(addresses.length).toBeGreaterThan(0)
  expect(addresses.every(isLoopback)).toBe(true)
  expect(hostNames).toEqual(['localhost'])
})

test.each([
  ['10.0.0.0/8', 'stands for 16,777,216 addresses'],
  ['0.0.0.0/0', 'stands for 4,294,967,296 addresses'],
  ['fd00::/64', 'at most 256'],
  ['10.0.0.0/33', 'no block'],
  ['10.0.0.0/', 'no block'],
  ['10.0.0/24', 'no block'],
  ['10.0.0.0/24/24', 'no block'],
  ['fe80::1%eth0/128', 'no block'],
  ['/24', 'no block'],
  ['0.0.0.0', 'names no host'],
  ['255.255.255.255', 'names no host'],
  ['239.1.2.3', 'names no host'],
  ['ff02::1', 'names no host'],
  ['::', 'names no host'],
  ['999.1.1.1', 'no host name'],
  ['10.0.0.1-20', 'no host name'],
  ['-oN', 'no host name'],
  ['::ffff:0.0.0.0', 'names no host'],
  ['a b', 'no host name'],
  ['a;reboot', 'no host name'],
  ['\u001b[2J', 'no host name'],
  ['', 'no host name'],
  ['x'.repeat(300), 'no host name'],
])('%j is refused with a sentence', async (name, sentence) => {
  await expect(resolveTarget(name)).rejects.toThrow(sentence)
  await expect(resolveTarget(name)).rejects.toBeInstanceOf(UsageError)
})

test('what is said of a long text stays short', async () => {
  await expect(resolveTarget('x y'.repeat(99))).rejects.toThrow(/^"x yx yx yx yx yx yx yx …" is no address, .{1,60}$/)
})

test('only addresses of this machine count as loopback', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1'].every(isLoopback)).toBe(true)
  expect(['128.0.0.1', '10.0.0.1', 'fd00::1', 'localhost', ''].some(isLoopback)).toBe(false)
})
